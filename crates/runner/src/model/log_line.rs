//! A log line of a run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::level::Level;
use super::task_run::TaskRef;

/// A log line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LogLine {
    /// When it was written: dbt's own timestamp, or ours for lines that carry none.
    pub at: Timestamp,
    /// The level.
    pub level: Level,
    /// The text, free of ANSI sequences.
    pub message: String,
    /// The task run that it belongs to; `None` for the flow run.
    pub task: Option<TaskRef>,
}
