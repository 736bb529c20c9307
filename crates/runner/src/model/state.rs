//! The state of a task run or a flow run.

use serde::{Deserialize, Serialize};

/// A state of a task run or flow run, in Prefect's terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct State {
    /// The type.
    #[serde(rename = "type")]
    pub kind: StateKind,
    /// The name (`Completed`, `Warned`, `Skipped`, ...).
    pub name: String,
    /// The message, if any.
    pub message: Option<String>,
}

/// The types of state that a run here can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum StateKind {
    /// At work.
    Running,
    /// Ended well.
    Completed,
    /// Ended badly.
    Failed,
    /// Stopped on request, or never run.
    Cancelled,
    /// Died.
    Crashed,
}
