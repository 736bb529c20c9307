//! What became of an invocation.

use std::path::PathBuf;
use std::sync::Arc;

use dbt_manifest::{Manifest, RunResults};
use uuid::Uuid;

use crate::attempts::Kept;
use crate::effect::{FlowTarget, State};
use crate::report::Delivery;
use crate::track::TrackedRun;

/// What became of an invocation.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// Identity of the invocation.
    pub run_id: Uuid,
    /// The dbt command (`build`, `source freshness`); empty when there was none.
    pub command: String,
    /// dbt's arguments as they were given.
    pub args: Vec<String>,
    /// Whether dbt did all that it was asked to.
    pub success: bool,
    /// The state of the flow run; `Completed` in spite of failures when failures are not to fail the run.
    pub state: State,
    /// The exit code of the program, see [`exit`](crate::exit).
    pub exit_code: u8,
    /// The failures, for people: a headline and a line for each failed node, or dbt's own error.
    pub failure: Option<String>,
    /// Every node, and how dbt's process ended.
    pub run: TrackedRun,
    /// The manifest of the run; `None` when no node took part, dbt wrote none, or it was not to be kept.
    pub manifest: Option<Arc<Manifest>>,
    /// run_results.json of the run as dbt wrote it; `None` when dbt wrote none, or it was not to be kept.
    pub run_results: Option<RunResults>,
    /// What became of the report to Prefect; `None` when there was none to make.
    pub delivery: Option<Delivery>,
    /// The journal, if it was kept.
    pub journal: Option<PathBuf>,
    /// Where it was reported to; `None` for a run that was never begun.
    pub(crate) flow: Option<FlowTarget>,
    /// What a repetition needs to know.
    pub(crate) record: Option<Kept>,
}
