//! What the tracker knows of a run when it ended.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::model::{NodeResult, State, StateKind, task_run_id};

/// The stream of a line that is not an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a process has two output streams")]
pub enum TextSource {
    /// dbt's standard output.
    Stdout,
    /// dbt's standard error.
    Stderr,
}

/// How dbt's process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessEnd {
    /// The exit code; `None` when a signal ended the process.
    pub exit_code: Option<i32>,
    /// The signal that ended the process, if one did.
    pub signal: Option<i32>,
    /// When it ended, by our clock.
    pub at: Timestamp,
}

impl ProcessEnd {
    /// A process that ended by itself, with this exit code.
    #[must_use]
    pub fn exited(code: i32, at: Timestamp) -> Self {
        Self {
            exit_code: Some(code),
            signal: None,
            at,
        }
    }

    /// A process that a signal ended.
    #[must_use]
    pub fn killed(signal: i32, at: Timestamp) -> Self {
        Self {
            exit_code: None,
            signal: Some(signal),
            at,
        }
    }
}

/// A node that reached its terminal state.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrackedNode {
    /// What dbt reported.
    pub result: NodeResult,
    /// The state of its task run.
    pub state: State,
    /// When it started, by dbt's clock.
    pub start_time: Timestamp,
    /// When it ended, by dbt's clock.
    pub end_time: Timestamp,
    /// Whether it has a task run; ephemeral models have none.
    pub has_task_run: bool,
}

/// A run that ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrackedRun {
    /// The nodes, in the order in which they ended. Ephemeral models are there only if they failed.
    pub nodes: Vec<TrackedNode>,
    /// Why dbt could not run: its exception, else the last plain lines that it wrote.
    pub dbt_error: Option<String>,
    /// Whether dbt reported success; `None` when it ended before it reported anything.
    pub success: Option<bool>,
    /// dbt's version.
    pub dbt_version: Option<String>,
    /// Whether the engine is dbt 2, whose exit codes differ.
    pub is_dbt_2: bool,
    /// Id of dbt's invocation.
    pub invocation_id: Option<String>,
    /// The command line as dbt reported it.
    pub dbt_command: Option<String>,
    /// Why we interrupted dbt, if we did.
    pub interrupted: Option<String>,
    /// The nodes whose queries dbt cancelled. Connections that were idle are not among them.
    pub cancelled_queries: Vec<String>,
    /// The nodes that were selected and had not started when the run was stopped, as far as that is known.
    pub not_started: Vec<String>,
    /// The nodes that succeeded when they ran again after a transient failure, in the same attempt.
    pub healed: Vec<String>,
    /// What dbt said about an empty selection; `None` if it had something to do.
    pub nothing_selected: Option<String>,
    /// Time of dbt's first event.
    pub first_event: Option<Timestamp>,
    /// Time of dbt's last event.
    pub last_event: Option<Timestamp>,
    /// Whether the operating system killed dbt because memory ran out.
    pub is_out_of_memory: bool,
    /// How the process ended.
    pub end: ProcessEnd,
}

impl TrackedRun {
    /// The task runs of the nodes that succeeded, by unique_id. The run id and the attempt are those of the tracker.
    pub(crate) fn succeeded(&self, run_id: Uuid, attempt: u32) -> BTreeMap<String, Uuid> {
        let nodes = self.nodes.iter();
        let succeeded =
            nodes.filter(|node| node.has_task_run && node.state.kind == StateKind::Completed);
        let id = |node: &TrackedNode| node.result.unique_id.clone();
        succeeded
            .map(|node| (id(node), task_run_id(run_id, &id(node), attempt)))
            .collect()
    }

    /// What dbt reported of each node, in the order in which they ended.
    pub fn results(&self) -> impl Iterator<Item = &NodeResult> {
        self.nodes.iter().map(|node| &node.result)
    }
}
