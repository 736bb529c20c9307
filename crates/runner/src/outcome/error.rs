//! Why an invocation could not be run.

use thiserror::Error;

use crate::dbt::DbtError;
use crate::model::exit;
use crate::parameters::ParameterError;
use crate::prefect::flow_run::ReportError;
use crate::profiles::ProfilesError;
use crate::request::RequestError;

/// Why an invocation could not be run. That dbt ran and failed is no error, but an [`Outcome`](crate::Outcome).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// dbt, the project or its profiles.yml is missing, or dbt could not be started.
    #[error(transparent)]
    Dbt(#[from] DbtError),
    /// The process environment does not complete the request.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// profiles.yml could not be rendered.
    #[error(transparent)]
    Profiles(#[from] ProfilesError),
    /// The flow run could not be had.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The parameters of the flow run are wrong.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// Prefect's settings are wrong.
    #[error("Prefect's settings are wrong: {0}")]
    Settings(#[from] prefect_client::SettingsError),
    /// Prefect cannot be talked to.
    #[error("cannot connect to Prefect: {0}")]
    Connect(Box<prefect_client::Error>),
    /// The record of the run went with a thread that panicked.
    #[error("the record of the run was lost to a bug in prefect-dbt; please report it")]
    Lost,
    /// An `invoke_blocking` within an asynchronous program.
    #[error("invoke_blocking was called inside of an async runtime; call invoke and await it")]
    InsideRuntime,
    /// The runtime could not be started.
    #[error("cannot start the async runtime: {0}")]
    Runtime(std::io::Error),
}

impl Error {
    /// The exit code of the program for this error, see [`exit`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Profiles(error) if error.is_about_prefect() => exit::NO_PREFECT,
            Self::Report(ReportError::Usage { .. }) => exit::CANNOT_RUN,
            Self::Report(ReportError::Cancelled { .. }) => exit::INTERRUPTED,
            Self::Report(_) | Self::Connect(_) => exit::NO_PREFECT,
            _ => exit::CANNOT_RUN,
        }
    }
}
