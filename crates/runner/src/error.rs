//! Why an invocation could not be run.

use std::path::PathBuf;

use thiserror::Error;

use crate::exit;
use crate::parameters::ParameterError;
use crate::profiles::ProfilesError;
use crate::report::ReportError;

/// Why an invocation could not be run. That dbt ran and failed is no error, but an [`Outcome`](crate::Outcome).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// dbt was not found.
    #[error(
        "dbt was not found: {}; install dbt, or name it with --dbt or PREFECT_DBT_EXECUTABLE",
        searched.join(", ")
    )]
    NoDbt {
        /// Where it was looked for.
        searched: Vec<String>,
    },
    /// dbt could not be started.
    #[error("cannot start {}: {source}", dbt.display())]
    Start {
        /// The executable.
        dbt: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// `DBT_LOG_LEVEL` names no level.
    #[error(
        "DBT_LOG_LEVEL is `{0}`, which is no level; dbt knows debug, info, warn, error and none"
    )]
    LogLevel(String),
    /// There is no project.
    #[error(
        "there is no dbt_project.yml in {}; run it in a dbt project, or name one with --project-dir",
        dir.display()
    )]
    NoProject {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// There are no profiles.
    #[error(
        "there is no profiles.yml in {}; put it there or beside dbt_project.yml, or name its folder with --profiles-dir",
        dir.display()
    )]
    NoProfiles {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// The working directory is gone.
    #[error("there is no working directory: {0}")]
    NoWorkingDirectory(std::io::Error),
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
