//! Why an invocation failed.

use std::fmt;

use thiserror::Error;

use crate::model::{error_chain, error_messages, exit_codes};
use crate::outcome::{Error, Outcome, error_text};

/// Why an invocation did not succeed. Its `Debug` form is the text for people, with causes and hint, because a `main` that
/// returns the error prints that.
#[derive(Error)]
#[non_exhaustive]
pub enum RunError {
    /// dbt ran and did not succeed.
    #[error("{}", .0.failure.as_deref().unwrap_or("dbt did not succeed"))]
    Failed(Box<Outcome>),
    /// dbt could not run.
    #[error(transparent)]
    NotRun(#[from] Error),
    /// The code of a flow failed beside dbt, see [`RunError::code`].
    #[error(transparent)]
    Code(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = match self {
            Self::Failed(_) | Self::Code(_) => None,
            Self::NotRun(error) => error.help(),
        };
        f.write_str(&error_text(&error_messages(self), hint.as_deref()))
    }
}

impl RunError {
    /// The outcome of the run; `None` if dbt did not run.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Failed(outcome) => Some(outcome),
            Self::NotRun(_) | Self::Code(_) => None,
        }
    }

    /// An error of the program's own, for the code of a [`Flow`](crate::Flow::run_with): the flow run ends Failed with it.
    pub fn code(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Code(error.into())
    }

    /// The error with its causes, on one line.
    pub(super) fn message(&self) -> String {
        error_chain(self)
    }

    /// The exit code of the program for this error, see [`exit_codes`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Failed(outcome) => outcome.exit_code,
            Self::NotRun(error) => error.exit_code(),
            Self::Code(_) => exit_codes::FAILURES,
        }
    }

    /// Turns an outcome into a result: an error unless its exit code is 0.
    pub(super) fn check(outcome: Outcome) -> Result<Outcome, Self> {
        match outcome.exit_code {
            exit_codes::SUCCESS => Ok(outcome),
            _ => Err(Self::Failed(Box::new(outcome))),
        }
    }
}
