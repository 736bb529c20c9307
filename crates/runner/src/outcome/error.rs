//! Why an invocation cannot run.

use std::path::PathBuf;

use thiserror::Error;

use crate::dbt::DbtError;
use crate::model::{StopCause, exit_codes};
use crate::parameters::ParameterError;
use crate::prefect::flow_run::ReportError;
use crate::prefect::lock::LockError;
use crate::profiles::ProfilesError;
use crate::request::RequestError;

/// Why an invocation cannot run. A run of dbt that fails is not an error, but an [`Outcome`](crate::Outcome).
///
/// `Display` says what failed; the causes follow in the chain of [`source`](std::error::Error::source), and
/// [`help`](Self::help) says what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// dbt, the project or its profiles.yml is missing, or dbt cannot be started.
    #[error(transparent)]
    Dbt(#[from] DbtError),
    /// The environment of the process has an invalid value.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// profiles.yml cannot be rendered.
    #[error(transparent)]
    Profiles(#[from] ProfilesError),
    /// The run cannot be reported to its flow run.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The parameters of the flow run are invalid.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// The Prefect settings (environment, `.env`, prefect.toml, profile) are invalid.
    #[error("invalid Prefect settings")]
    Settings(#[from] prefect_client::SettingsError),
    /// A connection to the Prefect API cannot be set up, or a request failed.
    #[error(transparent)]
    Connect(Box<prefect_client::Error>),
    /// The run cannot have its database lock.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Another user owns the lock of the target folder.
    #[error("cannot lock the target folder {}: {} belongs to another user", target.display(), lock.display())]
    TargetLock {
        /// The target folder.
        target: PathBuf,
        /// The lock file, or the folder that it is in.
        lock: PathBuf,
    },
    /// The code of a flow did not return after the flow was stopped.
    #[error("the flow was stopped: {}", .0.reason())]
    Stopped(StopCause),
    /// `FlowContext::invoke` was called where the code of `Flow::run_with` does not run.
    #[error("`FlowContext::invoke` was called outside of the closure of `Flow::run_with`")]
    OutsideOfFlow,
    /// A thread panicked, and the record of the run is lost.
    #[error("the record of the run is lost because of a bug in prefect-dbt")]
    Lost,
    /// `invoke_blocking` was called in an asynchronous program.
    #[error("invoke_blocking was called inside of an async runtime")]
    InsideRuntime,
    /// The async runtime cannot be started.
    #[error("cannot start the async runtime")]
    Runtime(#[source] std::io::Error),
}

impl From<prefect_client::Error> for Error {
    fn from(error: prefect_client::Error) -> Self {
        Self::Connect(Box::new(error))
    }
}

impl Error {
    /// The exit code of the program for this error, see [`exit_codes`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Profiles(error) if error.is_about_prefect() => exit_codes::NO_PREFECT,
            Self::Lock(error) if error.is_about_prefect() => exit_codes::NO_PREFECT,
            Self::Report(ReportError::Usage { .. }) => exit_codes::CANNOT_RUN,
            Self::Report(ReportError::Cancelled { .. }) => exit_codes::INTERRUPTED,
            Self::Report(_) | Self::Connect(_) => exit_codes::NO_PREFECT,
            Self::Stopped(cause) => cause.exit_code(),
            _ => exit_codes::CANNOT_RUN,
        }
    }

    /// What to do about it, where there is something to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Dbt(error) => error.help(),
            Self::Profiles(error) => error.help(),
            Self::Report(error) => error.help(),
            Self::Lock(error) => error.help(),
            Self::Parameters(_) => {
                Some("correct the parameters of the flow run or of its deployment".to_owned())
            }
            Self::Connect(error) => error.help(),
            Self::TargetLock { .. } => Some(
                "give this run a target folder of your own outside of the project with --target-path"
                    .to_owned(),
            ),
            Self::Lost => Some("please report the bug, with the output of the run".to_owned()),
            Self::OutsideOfFlow => Some(
                "call it in the closure, or `PrefectDbtRunner::invoke` outside of a flow".to_owned(),
            ),
            Self::InsideRuntime => Some("call `invoke` and await it".to_owned()),
            Self::Request(_) | Self::Settings(_) | Self::Stopped(_) | Self::Runtime(_) => None,
        }
    }
}
