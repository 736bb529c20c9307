//! Why a run that needs Prefect cannot be reported.

use uuid::Uuid;

/// A run cannot be reported; raised before dbt starts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The options contradict each other.
    #[error("{problem}")]
    Usage {
        /// How.
        problem: &'static str,
    },
    /// A flow run is named, but no API.
    #[error(
        "a flow run to report to is given, but no Prefect API; set PREFECT_API_URL or choose a profile that has it"
    )]
    NoApi,
    /// The API could not be asked about the flow run, or refused.
    #[error("cannot report to the flow run {flow_run_id} at {api}")]
    Unreachable {
        /// The flow run.
        flow_run_id: Uuid,
        /// The API.
        api: String,
        /// Why.
        #[source]
        source: Box<prefect_client::Error>,
    },
    /// Somebody cancelled the flow run before it began.
    #[error("the flow run {flow_run_id} was cancelled before it began; nothing was started")]
    Cancelled {
        /// The flow run.
        flow_run_id: Uuid,
    },
    /// The server does not let the flow run start.
    #[error("Prefect does not let the flow run {flow_run_id} start: {reason}")]
    NotAllowed {
        /// The flow run.
        flow_run_id: Uuid,
        /// The server's reason, or the state that the run is in.
        reason: String,
    },
}
