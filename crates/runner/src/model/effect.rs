//! What happens in a run of dbt, as values that need neither a manifest nor a clock to be understood.
//!
//! The tracker produces effects, the journal stores each as one JSON line, and every sink (Prefect, console, hooks)
//! reads them from there. An effect therefore holds everything that a sink needs.

use serde::{Deserialize, Serialize};

use super::asset_event::AssetEvent;
use super::log_line::LogLine;
use super::node_end::NodeEnd;
use super::remaining_work::RemainingWork;
use super::run_end::{RunEnd, RunSummary};
use super::task_run::{RetryWait, TaskRun};

/// Something that happened in a run of dbt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Effect {
    /// A node started to run.
    NodeRunning(TaskRun),
    /// A node failed and will run again. It has no terminal state yet.
    NodeAwaitingRetry(TaskRun, RetryWait),
    /// A node ended, with its only terminal state.
    NodeFinished(TaskRun, NodeEnd),
    /// A log line of the run or of one of its nodes.
    Log(LogLine),
    /// The number of nodes that dbt is going to run, tests and hooks included. For progress displays.
    Total(u32),
    /// What is still to do, as far as it is known at this point. A later node that succeeds is done, too.
    Remaining(RemainingWork),
    /// An event of an asset.
    Asset(AssetEvent),
    /// The summary of the run, for an artifact.
    Summary(RunSummary),
    /// The run ended. Always the last effect.
    RunFinished(RunEnd),
}
