//! The exit code after the flow run has ended.

use crate::model::{FinalState, StateKind, exit_codes};

/// The exit code of a run whose flow run came to this. A process that has handed its flow run on ends well: a container's
/// worker would take anything else for a crash, and the server would believe it.
pub(crate) fn exit_code_after_delivery(of_run: u8, told: Option<&FinalState>) -> u8 {
    match told {
        Some(FinalState::Rescheduled) => exit_codes::SUCCESS,
        // Somebody cancelled it while dbt was ending.
        Some(FinalState::Accepted {
            kind: StateKind::Cancelled,
            ..
        }) => exit_codes::INTERRUPTED,
        _ => of_run,
    }
}
