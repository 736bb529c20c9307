//! The exit code after the flow run has ended.

use crate::model::{FinalState, StateKind, exit};

/// The exit code of a run whose flow run came to this. A process that has handed its flow run on ends well: a container's
/// worker would take anything else for a crash, and the server would believe it.
pub(crate) fn exit_code(of_run: u8, told: Option<&FinalState>) -> u8 {
    match told {
        Some(FinalState::Rescheduled) => exit::SUCCESS,
        // Somebody cancelled it while dbt was ending.
        Some(FinalState::Accepted {
            kind: StateKind::Cancelled,
            ..
        }) => exit::INTERRUPTED,
        _ => of_run,
    }
}
