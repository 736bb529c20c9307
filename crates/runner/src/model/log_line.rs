//! A log line of a run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::level::Level;
use super::task_run::TaskRef;

/// A log line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LogLine {
    /// When the line was written: dbt's timestamp, or ours for lines without one.
    pub at: Timestamp,
    /// The level; the journal holds Python's number.
    pub level: Level,
    /// The text, without ANSI sequences.
    pub message: String,
    /// The task run that the line belongs to; `None` for the flow run.
    pub task: Option<TaskRef>,
}
