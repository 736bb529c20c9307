//! What a supervisor is told of the end of a flow run.

use serde::Serialize;
use uuid::Uuid;

use crate::model::{FinalState, StateKind};

/// Evidence that the flow run has come to its end, whatever our exit code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "disposition", rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Receipt {
    /// The server took our state.
    StateReported {
        state_id: Uuid,
        state_name: String,
        state_type: StateKind,
    },
    /// Somebody else has ended the flow run, or the server did not let us.
    OrchestrationAborted,
}

impl Receipt {
    /// The receipt for what became of the terminal state; `None` when it is not the flow run's end.
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
            // A supervisor does well to say that such a run crashed, or has its own say.
            FinalState::NotOurs
            | FinalState::NotSent
            | FinalState::AwaitingRetry { .. }
            | FinalState::LeftAlone
            | FinalState::Rescheduled => None,
        }
    }
}
