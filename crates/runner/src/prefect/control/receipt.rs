//! The receipt: what the supervisor learns of the end of the flow run.

use serde::Serialize;
use uuid::Uuid;

use crate::model::{FinalState, StateKind};

/// Evidence that the flow run has ended, whatever our exit code is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "disposition", rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Receipt {
    /// The server accepted our state.
    StateReported {
        state_id: Uuid,
        state_name: String,
        state_type: StateKind,
    },
    /// Another client has ended the flow run, or the server refused our state.
    OrchestrationAborted,
}

impl Receipt {
    /// The receipt for a terminal state; `None` when the flow run has not ended.
    pub(super) fn of(state: &FinalState) -> Option<Self> {
        match state {
            FinalState::Accepted {
                state_id: Some(state_id),
                kind,
                name,
            } => Some(Self::StateReported {
                state_id: *state_id,
                state_name: name.clone(),
                state_type: *kind,
            }),
            FinalState::Accepted { state_id: None, .. }
            | FinalState::AlreadyTerminal
            | FinalState::Refused { .. } => Some(Self::OrchestrationAborted),
            // The supervisor decides: it sets such a run to Crashed, or has set a state itself.
            FinalState::NotOwned
            | FinalState::NotSent
            | FinalState::AwaitingRetry { .. }
            | FinalState::LeftToSupervisor
            | FinalState::Rescheduled => None,
        }
    }
}
