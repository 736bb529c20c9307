//! States of runs, and the server's answer to a proposed state.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// The type of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum StateType {
    /// Waits for its scheduled time.
    Scheduled,
    /// Submitted, but not running yet.
    Pending,
    /// Running.
    Running,
    /// Ended with success.
    Completed,
    /// Ended with a failure.
    Failed,
    /// Ended by a cancellation.
    Cancelled,
    /// Ended because the infrastructure failed, for example a killed process.
    Crashed,
    /// Waits for a person to resume it.
    Paused,
    /// A cancellation was requested.
    Cancelling,
    /// A type that this crate does not know. It is never sent.
    #[serde(other)]
    Unknown,
}

impl StateType {
    /// The types of states in which a run has ended.
    pub const TERMINAL: [Self; 4] = [
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Crashed,
    ];

    /// Whether a run in a state of this type has ended.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        Self::TERMINAL.contains(&self)
    }
}

/// A stored state.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct State {
    /// The id of the state.
    pub id: Option<Uuid>,
    /// The type.
    #[serde(rename = "type")]
    pub kind: StateType,
    /// The name (`Completed`, `AwaitingRetry`, ...).
    pub name: String,
    /// The message, shown on the run's page.
    pub message: Option<String>,
    /// When the run entered the state, by the server's clock.
    pub timestamp: Option<Timestamp>,
    /// Details such as `transition_id` and `scheduled_time`.
    #[serde(default)]
    pub state_details: Value,
}

/// A state to propose. The server sets its timestamp.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewState {
    /// The type.
    #[serde(rename = "type")]
    pub kind: StateType,
    /// The name. `None` is the capitalised type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The message, shown on the run's page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Details such as `transition_id` and `scheduled_time`.
    pub state_details: Value,
}

impl NewState {
    /// A state of this type with its default name.
    #[must_use]
    pub fn new(kind: StateType) -> Self {
        Self {
            kind,
            name: None,
            message: None,
            state_details: json!({}),
        }
    }

    /// Sets the name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the message.
    #[must_use]
    pub fn with_message(mut self, message: Option<String>) -> Self {
        self.message = message;
        self
    }

    /// Sets the identity of the transition. Proposing the same transition twice changes nothing, so that a request can be
    /// repeated if its response was lost.
    #[must_use]
    pub fn with_transition_id(mut self, id: Uuid) -> Self {
        self.state_details["transition_id"] = json!(id);
        self
    }

    /// Whether the proposal can be repeated.
    pub(super) fn has_transition_id(&self) -> bool {
        self.state_details.get("transition_id").is_some()
    }
}

/// The server's answer to a proposed state.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Proposal {
    /// The current state of the run, if the server returns it.
    pub state: Option<State>,
    /// The server's decision.
    pub status: Verdict,
    /// The reason and the delay.
    #[serde(default)]
    pub details: ProposalDetails,
}

/// The reason and the delay of a decision.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ProposalDetails {
    /// The reason in words.
    pub reason: Option<String>,
    /// The number of seconds to wait before the next proposal.
    pub delay_seconds: Option<f64>,
}

/// The server's decision on a proposed state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Verdict {
    /// The run is in the proposed state.
    Accept,
    /// The run is in [`Proposal::state`] instead of the proposed state.
    Reject,
    /// Not now: propose the state again after the delay.
    Wait,
    /// Rejected, and the client must stop the run.
    Abort,
    /// A decision that this crate does not know.
    #[serde(other)]
    Unknown,
}

impl Proposal {
    /// Whether an earlier request made the same transition, so that this one repeats it.
    #[must_use]
    pub fn is_repetition(&self) -> bool {
        self.status == Verdict::Reject
            && self.reason().contains("already made this state transition")
    }

    /// The server's reason; empty if it gives none.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.details.reason.as_deref().unwrap_or_default()
    }

    /// How long to wait before the next proposal.
    #[must_use]
    pub fn delay(&self) -> Duration {
        let seconds = self.details.delay_seconds.unwrap_or(1.0);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(1))
    }
}
