//! Why something could not be deployed.

use crate::model::exit;
use crate::parameters::ParameterError;

/// Why something could not be deployed, or a run could not be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// What is asked for cannot be.
    #[error("this cannot be deployed: {}", .problems.join("; "))]
    Impossible {
        /// All that is wrong; never empty.
        problems: Vec<String>,
    },
    /// The parameters are wrong.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// There is no such work pool.
    #[error("there is no work pool `{name}`; {}", others(.known))]
    NoWorkPool {
        /// Its name.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Prefect refused, or could not be reached.
    #[error("cannot {action}: {source}")]
    Prefect {
        /// What was to be done.
        action: &'static str,
        /// Why it was not.
        source: Box<prefect_client::Error>,
    },
}

impl DeployError {
    /// The exit code of the program for this error, see [`exit`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            // The server has understood the request, and says that it cannot be right.
            Self::Prefect { source, .. } if !matches!(source.status(), Some(409 | 422)) => {
                exit::NO_PREFECT
            }
            _ => exit::CANNOT_RUN,
        }
    }

    /// What a failed call was for.
    pub(super) fn during(action: &'static str) -> impl FnOnce(prefect_client::Error) -> Self {
        move |source| Self::Prefect {
            action,
            source: Box::new(source),
        }
    }
}

fn others(known: &[String]) -> String {
    match known {
        [] => "create one with `prefect work-pool create`".to_owned(),
        known => format!("there are: {}", known.join(", ")),
    }
}
