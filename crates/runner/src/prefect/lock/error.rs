//! Why a run cannot have its lock.

use std::time::Duration;

use thiserror::Error;

/// Why a run cannot have its database lock. dbt does not start without it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LockError {
    /// A lock needs a server, and no Prefect API is configured, or the run declines it.
    #[error("the database lock needs a Prefect API, and this run has none")]
    NoApi,
    /// The lock cannot be named after the target.
    #[error("cannot name the database lock after the target: {0}")]
    NoName(String),
    /// The lock was not free in time.
    #[error("the database lock `{name}` was not free within {} s: {holder} holds it", waited.as_secs_f64())]
    Timeout {
        /// The name of the concurrency limit.
        name: String,
        /// The time limit of the wait.
        waited: Duration,
        /// Who holds it, as far as that is known.
        holder: String,
    },
    /// The concurrency limit is no lock.
    #[error("the concurrency limit `{name}` cannot be used as a lock: {problem}")]
    NotALock {
        /// The name of the concurrency limit.
        name: String,
        /// Why it is none.
        problem: &'static str,
    },
    /// The Prefect API does not answer, or refuses the lock.
    #[error("cannot take the database lock `{name}`")]
    Request {
        /// The name of the concurrency limit.
        name: String,
        /// The error of the request.
        source: Box<prefect_client::Error>,
    },
}

impl LockError {
    /// Whether the Prefect API is needed and not available.
    #[must_use]
    pub fn is_about_prefect(&self) -> bool {
        matches!(self, Self::NoApi | Self::Request { .. })
    }

    /// What to do about it, where there is something to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoApi => Some(
                "set PREFECT_API_URL and leave out --no-prefect, or run without a lock: --lock off"
                    .to_owned(),
            ),
            Self::NoName(_) => Some("name the lock yourself: --lock NAME".to_owned()),
            Self::Timeout { name, .. } => Some(format!(
                "wait longer with --lock-timeout; if no run is left that holds the lock, free it with \
                 `prefect gcl update {name} --active-slots 0`"
            )),
            Self::NotALock { .. } => {
                Some("correct the concurrency limit, or choose another name".to_owned())
            }
            Self::Request { source, .. } => source.help(),
        }
    }
}
