//! Why an invocation failed.

use std::fmt;

use thiserror::Error;

use crate::model::exit;
use crate::outcome::{Error, Outcome};

/// Why an invocation failed. Its `Debug` form is the message: Rust prints that form of an error that `main` returns.
#[derive(Error)]
#[non_exhaustive]
pub enum RunError {
    /// dbt ran and failed, was stopped, or its run could not be reported in full. The outcome says which.
    #[error("{}", .0.failure.as_deref().unwrap_or("the dbt run failed"))]
    Failed(Box<Outcome>),
    /// dbt did not run.
    #[error(transparent)]
    NotRun(#[from] Error),
}

impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl RunError {
    /// The outcome of the run; `None` if dbt did not run.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Failed(outcome) => Some(outcome),
            Self::NotRun(_) => None,
        }
    }

    /// The exit code of the program for this error, see [`exit`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Failed(outcome) => outcome.exit_code,
            Self::NotRun(error) => error.exit_code(),
        }
    }

    /// Turns an outcome into a result: an error unless its exit code is 0.
    pub(super) fn check(outcome: Outcome) -> Result<Outcome, Self> {
        match outcome.exit_code {
            exit::SUCCESS => Ok(outcome),
            _ => Err(Self::Failed(Box::new(outcome))),
        }
    }
}
