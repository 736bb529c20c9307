//! The exit code after the flow run has ended.

use crate::model::{FinalState, StateKind, exit_codes};

/// The exit code of a run whose flow run came to this. A process that has handed its flow run on exits 0: a container's
/// worker would take anything else for a crash, and the server would believe it. An engine that could not report the end fails.
pub(crate) fn exit_code_after_delivery(
    of_run: u8,
    reported: Option<&FinalState>,
    is_engine: bool,
) -> u8 {
    match reported {
        Some(FinalState::Rescheduled) => exit_codes::SUCCESS,
        // It was cancelled while dbt was ending.
        Some(FinalState::Accepted {
            kind: StateKind::Cancelled,
            ..
        }) => exit_codes::INTERRUPTED,
        Some(FinalState::NotSent) if is_engine && !is_stopped(of_run) => exit_codes::NO_PREFECT,
        _ => of_run,
    }
}

fn is_stopped(of_run: u8) -> bool {
    matches!(of_run, exit_codes::INTERRUPTED | exit_codes::TERMINATED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_could_not_report_the_end_fails() {
        let not_sent = Some(&FinalState::NotSent);
        assert_eq!(
            exit_code_after_delivery(0, not_sent, true),
            exit_codes::NO_PREFECT
        );
        assert_eq!(
            exit_code_after_delivery(1, not_sent, true),
            exit_codes::NO_PREFECT
        );
        assert_eq!(exit_code_after_delivery(143, not_sent, true), 143);
        assert_eq!(exit_code_after_delivery(0, not_sent, false), 0);
        assert_eq!(exit_code_after_delivery(0, None, true), 0);
        assert_eq!(
            exit_code_after_delivery(1, Some(&FinalState::AlreadyTerminal), true),
            1
        );
    }
}
