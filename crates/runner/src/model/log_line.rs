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
    /// Whether dbt printed the text as data: a console shows it on stdout, and not among the log lines.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_data: bool,
}

impl LogLine {
    /// A line that is not data.
    pub(crate) const fn new(
        at: Timestamp,
        level: Level,
        message: String,
        task: Option<TaskRef>,
    ) -> Self {
        Self {
            at,
            level,
            message,
            task,
            is_data: false,
        }
    }
}
