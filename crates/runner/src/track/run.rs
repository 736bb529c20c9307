//! What the tracker is told of a run, and what it has to say of it in the end.

use jiff::Timestamp;
use uuid::Uuid;

use crate::model::{LogLevel, NodeResult, State};

/// What the tracker has to know before the run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TrackerOptions {
    /// Identity of the invocation.
    pub run_id: Uuid,
    /// Which attempt of its flow run it is, from 1.
    pub attempt: u32,
    /// Lowest level of the log lines to keep.
    pub level: LogLevel,
}

impl TrackerOptions {
    /// Options for the first attempt of a run, with log lines from info on.
    pub fn new(run_id: Uuid) -> Self {
        Self {
            run_id,
            attempt: 1,
            level: LogLevel::Info,
        }
    }

    /// The same for another attempt.
    pub fn attempt(self, attempt: u32) -> Self {
        Self { attempt, ..self }
    }

    /// The same with another lowest level of log lines.
    pub fn level(self, level: LogLevel) -> Self {
        Self { level, ..self }
    }
}

/// Where a line that is no event came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextSource {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How dbt's process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessEnd {
    /// Its exit code, if it had one.
    pub exit_code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    /// When, by our clock.
    pub at: Timestamp,
}

/// A node that reached its terminal state.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrackedNode {
    /// What dbt reported.
    pub result: NodeResult,
    /// The state that this means.
    pub state: State,
    /// When it began.
    pub start_time: Timestamp,
    /// When it ended.
    pub end_time: Timestamp,
    /// Whether it has a task run; ephemeral models have none.
    pub has_task_run: bool,
}

/// A run that is over.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrackedRun {
    /// The nodes, in the order in which they ended. Ephemeral models are there only if they failed.
    pub nodes: Vec<TrackedNode>,
    /// dbt's own account of why it could not run: its exception, else the last plain lines it wrote.
    pub dbt_error: Option<String>,
    /// Whether dbt said that all went well; `None` when it did not come to that.
    pub success: Option<bool>,
    /// dbt's version.
    pub dbt_version: Option<String>,
    /// Id of dbt's invocation.
    pub invocation_id: Option<String>,
    /// The command line as dbt saw it.
    pub dbt_command: Option<String>,
    /// Why the run was interrupted by us, if it was.
    pub interrupted: Option<String>,
    /// The connections whose queries dbt cancelled: unique ids of nodes, and others of dbt's own.
    pub cancelled_queries: Vec<String>,
    /// Time of dbt's first event.
    pub first_event: Option<Timestamp>,
    /// Time of dbt's last event.
    pub last_event: Option<Timestamp>,
    /// How the process ended.
    pub end: ProcessEnd,
}

impl TrackedRun {
    /// What dbt reported of each node, in the order in which they ended.
    pub fn results(&self) -> impl Iterator<Item = &NodeResult> {
        self.nodes.iter().map(|node| &node.result)
    }
}
