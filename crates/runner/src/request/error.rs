//! Why a request cannot be completed from the process environment.

use thiserror::Error;

/// Why a request cannot be completed from the process environment.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// `DBT_LOG_LEVEL` does not name a level of dbt's.
    #[error("invalid DBT_LOG_LEVEL `{0}`: expected debug, info, warn, error or none")]
    LogLevel(String),
    /// `PREFECT_DBT_LAUNCHER` does not name a choice.
    #[error("invalid PREFECT_DBT_LAUNCHER `{0}`: expected auto or off")]
    Launcher(String),
    /// `PREFECT_DBT_LOCK` does not name a lock.
    #[error(
        "invalid PREFECT_DBT_LOCK `{0}`: expected off, auto or a name without / % & < > and without spaces at its ends"
    )]
    Lock(String),
    /// The working directory does not exist or cannot be read.
    #[error("cannot read the working directory")]
    NoWorkingDirectory(#[source] std::io::Error),
}
