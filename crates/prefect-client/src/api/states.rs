//! States, and what the server says to a proposed one.

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
    /// Waits for its time.
    Scheduled,
    /// About to run.
    Pending,
    /// At work.
    Running,
    /// Ended well.
    Completed,
    /// Ended badly.
    Failed,
    /// Stopped on request.
    Cancelled,
    /// Died.
    Crashed,
    /// Waits for somebody.
    Paused,
    /// Asked to stop.
    Cancelling,
    /// A type that this crate does not know; never sent.
    #[serde(other)]
    Unknown,
}

impl StateType {
    /// The types that end a run.
    pub const TERMINAL: [Self; 4] = [
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Crashed,
    ];

    /// Whether a run in such a state has ended.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        Self::TERMINAL.contains(&self)
    }
}

/// A state as the server keeps it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct State {
    /// Its id.
    pub id: Option<Uuid>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: StateType,
    /// Its name (`Completed`, `AwaitingRetry`, ...).
    pub name: String,
    /// Its message.
    pub message: Option<String>,
    /// When it was entered.
    pub timestamp: Option<Timestamp>,
    /// Details: `transition_id`, `scheduled_time` and others.
    #[serde(default)]
    pub state_details: Value,
}

/// A state to be proposed. The server puts its own time on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewState {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: StateType,
    /// Its name; the server takes the capitalised type when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Details.
    pub state_details: Value,
}

impl NewState {
    /// A state of this type with the name that goes with it.
    #[must_use]
    pub fn new(kind: StateType) -> Self {
        Self {
            kind,
            name: None,
            message: None,
            state_details: json!({}),
        }
    }

    /// With this name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// With this message.
    #[must_use]
    pub fn with_message(mut self, message: Option<String>) -> Self {
        self.message = message;
        self
    }

    /// With an identity: proposing the same transition twice then changes nothing, so that a request whose answer was
    /// lost can be repeated.
    #[must_use]
    pub fn with_transition_id(mut self, id: Uuid) -> Self {
        self.state_details["transition_id"] = json!(id);
        self
    }
}

/// The server's answer to a proposed state.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Proposal {
    /// The state that the run is in now, where the server tells it.
    pub state: Option<State>,
    /// What became of the proposal.
    pub status: Verdict,
    /// Why, and for how long.
    #[serde(default)]
    pub details: ProposalDetails,
}

/// What the server says besides.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ProposalDetails {
    /// Its reason.
    pub reason: Option<String>,
    /// Seconds to wait before proposing again.
    pub delay_seconds: Option<f64>,
}

/// What became of a proposed state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Verdict {
    /// The run is in it.
    Accept,
    /// The run is in [`Proposal::state`] instead.
    Reject,
    /// Not yet; propose again later.
    Wait,
    /// No; the run goes on without us.
    Abort,
    /// A verdict that this crate does not know.
    #[serde(other)]
    Unknown,
}

impl Proposal {
    /// Whether the proposal had been accepted before, and this was its repetition.
    #[must_use]
    pub fn is_repetition(&self) -> bool {
        self.status == Verdict::Reject
            && self.reason().contains("already made this state transition")
    }

    /// The server's reason; empty when it gave none.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.details.reason.as_deref().unwrap_or_default()
    }

    /// How long to wait before proposing again.
    #[must_use]
    pub fn delay(&self) -> Duration {
        let seconds = self.details.delay_seconds.unwrap_or(1.0);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(1))
    }
}
