//! Why an invocation did not end well.

use std::fmt;

use thiserror::Error;

use crate::model::exit;
use crate::outcome::{Error, Outcome};

/// Why an invocation did not end well. Its `Debug` form is the message, since that is what a `main` that gives back the
/// error shows.
#[derive(Error)]
#[non_exhaustive]
pub enum RunError {
    /// dbt ran, and did not do all that it was asked to.
    #[error("{}", .0.failure.as_deref().unwrap_or("dbt did not do all that it was asked to"))]
    Failed(Box<Outcome>),
    /// dbt could not be run.
    #[error(transparent)]
    NotRun(#[from] Error),
}

impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl RunError {
    /// What became of the invocation, if dbt ran.
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

    /// An outcome as a result: an error unless the program may exit with success.
    pub(super) fn check(outcome: Outcome) -> Result<Outcome, Self> {
        match outcome.exit_code {
            exit::SUCCESS => Ok(outcome),
            _ => Err(Self::Failed(Box::new(outcome))),
        }
    }
}
