//! The state of a task run or a flow run.

use serde::{Deserialize, Serialize};

/// A state of a task run or flow run, in Prefect's terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct State {
    /// The type (`COMPLETED`, `FAILED`, ...).
    #[serde(rename = "type")]
    pub kind: StateKind,
    /// The name (`Completed`, `Warned`, `Skipped`, ...).
    pub name: String,
    /// The message, if any.
    pub message: Option<String>,
}

/// The state types of task runs and flow runs of dbt.
///
/// Prefect has more ([`prefect_client::StateType`]: scheduled, paused, ...), which a run of dbt never ends in. With these
/// five, a `match` needs no arm for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum StateKind {
    /// Running.
    Running,
    /// Succeeded.
    Completed,
    /// Failed.
    Failed,
    /// Stopped on request, or skipped.
    Cancelled,
    /// The process died.
    Crashed,
}

impl StateKind {
    /// Prefect's text of the type, such as `COMPLETED`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Crashed => "CRASHED",
        }
    }
}
