//! What people should know at once about the report to Prefect.

use uuid::Uuid;

/// Something that the user should know at once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The flow run exists, and the run reports to it.
    Connected {
        /// Id of the flow run.
        flow_run_id: Uuid,
        /// Name of the flow run.
        name: String,
        /// URL of its page.
        url: Option<String>,
    },
    /// No Prefect API is configured, and reporting was not disabled.
    Unconfigured,
    /// The Prefect API is unreachable or refuses requests. Sent once in a run, which goes on.
    ApiUnreachable {
        /// The problem.
        problem: String,
    },
    /// The Prefect API is reachable again.
    ApiReachable,
    /// The run failed and is retried.
    Retrying {
        /// Number of the next attempt, from 2.
        attempt: u32,
        /// The delay before it, in seconds.
        delay: u64,
    },
    /// Earlier runs that Prefect lacked were delivered: of killed processes, or that ended while it was away.
    Recovered {
        /// The number of runs.
        runs: usize,
    },
    /// Earlier flow runs of the same flow were closed, because their process is gone.
    Swept {
        /// The number of flow runs.
        runs: usize,
    },
    /// Something is not sent, since Prefect does not accept it or the run's budget is used up. Sent once in a run for each
    /// reason.
    Omitted {
        /// What is not sent, and why.
        problem: String,
    },
}
