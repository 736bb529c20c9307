//! Why a deployment cannot be created, or a run cannot be followed.

use crate::model::exit_codes;
use crate::parameters::ParameterError;

/// Why a deployment cannot be created, or a run cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// No API is configured.
    #[error("no Prefect API is configured to deploy to")]
    NoApi,
    /// The specification is invalid.
    #[error("cannot create the deployment: {}", .problems.join("; "))]
    Impossible {
        /// Everything that is invalid; never empty.
        problems: Vec<String>,
    },
    /// The parameters are invalid.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// The work pool does not exist.
    #[error("work pool `{name}` does not exist")]
    NoWorkPool {
        /// Its name.
        name: String,
        /// Names of the work pools that exist.
        known: Vec<String>,
    },
    /// A request to the Prefect API failed.
    #[error("cannot {action}")]
    Prefect {
        /// What the request was for, as an infinitive: `create the flow`.
        action: &'static str,
        /// The error of the request.
        source: Box<prefect_client::Error>,
    },
}

impl DeployError {
    /// The exit code of the program for this error, see [`exit_codes`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoApi => exit_codes::NO_PREFECT,
            // The server rejects what was asked for; the same request fails again.
            Self::Prefect { source, .. } if !matches!(source.status(), Some(409 | 422)) => {
                exit_codes::NO_PREFECT
            }
            _ => exit_codes::CANNOT_RUN,
        }
    }

    /// What to do about it, where there is something to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoApi => {
                Some("set PREFECT_API_URL, or choose a Prefect profile that has it".to_owned())
            }
            Self::NoWorkPool { known, .. } if known.is_empty() => {
                Some("create it with `prefect work-pool create`".to_owned())
            }
            Self::NoWorkPool { known, .. } => Some(format!(
                "create it with `prefect work-pool create`, or choose one of: {}",
                known.join(", ")
            )),
            Self::Prefect { source, .. } => source.help(),
            Self::Impossible { .. } | Self::Parameters(_) => None,
        }
    }

    /// Adds to the error of a request what the request was for.
    pub(super) fn during(action: &'static str) -> impl FnOnce(prefect_client::Error) -> Self {
        move |source| Self::Prefect {
            action,
            source: Box::new(source),
        }
    }
}
