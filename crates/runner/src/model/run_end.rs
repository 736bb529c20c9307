//! How a run ended, and its summary.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::State;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunEnd {
    /// The terminal state of the flow run.
    pub state: State,
    /// Exit code of dbt's process; `None` when a signal ended it.
    pub dbt_exit: Option<i32>,
    /// When the run ended, by our clock.
    pub at: Timestamp,
}

/// The summary of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunSummary {
    /// Key of the artifact: `dbt-<command>-summary`.
    pub key: String,
    /// The text, in Markdown.
    pub markdown: String,
}
