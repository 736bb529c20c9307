//! Why a run cannot be reported to its flow run.

use uuid::Uuid;

/// Why a run cannot be reported to its flow run. Raised before dbt starts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The options contradict each other.
    #[error("{problem}")]
    Usage {
        /// The contradiction.
        problem: &'static str,
        /// What to do, if that is not obvious.
        help: Option<&'static str>,
    },
    /// A flow run is given, but no API is configured.
    #[error("a flow run is given, but no Prefect API is configured")]
    NoApi,
    /// The flow run cannot be read or changed: the API cannot be reached, or refuses.
    #[error("cannot report to flow run {flow_run_id} at {api}")]
    Unreachable {
        /// Id of the flow run.
        flow_run_id: Uuid,
        /// URL of the API.
        api: String,
        /// The cause.
        #[source]
        source: Box<prefect_client::Error>,
    },
    /// The flow run was cancelled before dbt was started.
    #[error("flow run {flow_run_id} was cancelled before dbt was started")]
    Cancelled {
        /// Id of the flow run.
        flow_run_id: Uuid,
    },
    /// The server does not let the flow run start.
    #[error("Prefect does not allow flow run {flow_run_id} to start: {reason}")]
    NotAllowed {
        /// Id of the flow run.
        flow_run_id: Uuid,
        /// The reason of the server, or the state of the flow run.
        reason: String,
    },
}

impl ReportError {
    /// The request to the API that failed, if one did.
    pub(crate) fn request(&self) -> Option<&prefect_client::Error> {
        match self {
            Self::Unreachable { source, .. } => Some(source),
            _ => None,
        }
    }

    /// What to do about it, where there is something to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoApi => {
                Some("set PREFECT_API_URL, or choose a Prefect profile that has it".to_owned())
            }
            Self::Unreachable { source, .. } => {
                let unknown = "check the id of the flow run, and that PREFECT_API_URL is the server that has it";
                // A wrong path in the URL is a 404, too, and prefect-client has a help for it.
                let help = source.help();
                help.or_else(|| source.is_not_found().then(|| unknown.to_owned()))
            }
            Self::Usage { help, .. } => help.map(str::to_owned),
            Self::Cancelled { .. } | Self::NotAllowed { .. } => None,
        }
    }
}
