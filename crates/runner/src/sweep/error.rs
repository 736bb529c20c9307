//! Why a sweep cannot be made.

/// Why a sweep cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SweepError {
    /// No API is configured.
    #[error("no Prefect API is configured")]
    NoApi,
    /// The API cannot be reached, or refuses.
    #[error("cannot close dead runs at {api}")]
    Failed {
        /// URL of the API.
        api: String,
        /// The cause.
        source: prefect_client::Error,
    },
}

impl SweepError {
    /// What to do about it, where there is something to do.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::NoApi => {
                Some("set PREFECT_API_URL, or choose a Prefect profile that has it".to_owned())
            }
            Self::Failed { source, .. } => source.help(),
        }
    }
}
