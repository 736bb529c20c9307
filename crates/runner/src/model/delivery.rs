//! What became of the report to Prefect.

use jiff::Timestamp;
use uuid::Uuid;

use super::state::StateKind;

/// What became of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// The flow run, once there was one.
    pub flow_run_id: Option<Uuid>,
    /// Its name.
    pub flow_run_name: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// Whether the server was seen to hold every task run in its terminal state, and everything else was taken.
    pub verified: bool,
    /// How many task runs ended.
    pub task_runs: usize,
    /// How many of them the server was not seen to hold.
    pub unconfirmed: usize,
    /// What became of the flow run's terminal state.
    pub final_state: FinalState,
    /// Why the report is not complete, for people.
    pub problem: Option<String>,
}

/// What became of the flow run's terminal state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FinalState {
    /// The states of the flow run are not ours.
    NotOurs,
    /// The server took it.
    Accepted {
        /// Id of the state.
        state_id: Option<Uuid>,
        /// Its type.
        kind: StateKind,
        /// Its name.
        name: String,
    },
    /// The flow run had ended before.
    AlreadyTerminal,
    /// The server wants the run repeated.
    AwaitingRetry {
        /// Not before this time, by the server's clock.
        due: Option<Timestamp>,
    },
    /// The server did not take it.
    Refused {
        /// Its reason.
        reason: String,
    },
    /// Whoever ended the process says how the flow run goes on.
    LeftAlone,
    /// We have scheduled the flow run anew, on somebody's request: it goes on in another process.
    Rescheduled,
    /// The server could not be reached, or dbt's end never came.
    #[default]
    NotSent,
}
