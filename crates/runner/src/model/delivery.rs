//! The result of the report to Prefect.

use jiff::Timestamp;
use uuid::Uuid;

use super::state::StateKind;

/// The result of the report to Prefect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// Id of the flow run, if there was one.
    pub flow_run_id: Option<Uuid>,
    /// Name of the flow run.
    pub flow_run_name: Option<String>,
    /// URL of the flow run's page.
    pub url: Option<String>,
    /// Whether the server confirmed the terminal state of each task run and accepted everything else.
    pub verified: bool,
    /// The number of task runs that ended.
    pub task_runs: usize,
    /// The number of those that the server did not confirm.
    pub unconfirmed: usize,
    /// The result of setting the flow run's terminal state.
    pub final_state: FinalState,
    /// Why the report is incomplete.
    pub problem: Option<String>,
}

/// The result of setting the flow run's terminal state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FinalState {
    /// We are not the engine of the flow run, and do not set its states.
    NotOwned,
    /// The server accepted it.
    Accepted {
        /// Id of the state.
        state_id: Option<Uuid>,
        /// Its type.
        kind: StateKind,
        /// Its name.
        name: String,
    },
    /// The flow run already had a terminal state.
    AlreadyTerminal,
    /// The server schedules a retry.
    AwaitingRetry {
        /// When the retry is due, by the server's clock.
        due: Option<Timestamp>,
    },
    /// The server refused it.
    Refused {
        /// Its reason.
        reason: String,
    },
    /// The supervisor that terminated the process sets the state.
    LeftToSupervisor,
    /// The flow run was rescheduled on request, and goes on in another process.
    Rescheduled,
    /// The server was unreachable, or the run had no end.
    #[default]
    NotSent,
}
