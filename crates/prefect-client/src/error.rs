//! The error of a call to the API, and what a caller can ask about it.

mod kind;

use std::error::Error as StdError;
use std::time::Duration;

pub use kind::{ErrorKind, TlsProblem, TransportKind};

/// The boxed cause of an error. The types of the HTTP library stay private.
pub type Cause = Box<dyn StdError + Send + Sync + 'static>;

/// The most bytes of the body of a response that the client reads: far more than any page of Prefect's API, and little enough
/// for the memory of a small container.
pub const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// A failed call to the API.
///
/// `Display` says which call failed; the cause follows in the chain of [`source`](StdError::source). Neither shows a
/// credential: URLs are shown without user name, password and query, and known secrets are masked in the server's texts.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<ErrorKind>);

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

impl Error {
    /// How the call failed.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// The HTTP status code, if the API responded with a failure.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.kind() {
            ErrorKind::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Why there is no response, if there is none.
    #[must_use]
    pub fn transport_kind(&self) -> Option<TransportKind> {
        match self.kind() {
            ErrorKind::Transport { kind, .. } => Some(*kind),
            _ => None,
        }
    }

    /// What to do about it, if there is an obvious thing to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        self.0.help().map(str::to_owned)
    }

    /// Whether the API says that the object does not exist (404).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether the API does not accept the credentials, or requires some (401, 403).
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        matches!(self.status(), Some(401 | 403))
    }

    /// Whether the same request may succeed later: no response, too many requests, or a failure of the server.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self.kind() {
            ErrorKind::Transport { .. } => true,
            ErrorKind::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            _ => false,
        }
    }

    /// Whether the server may have acted on the request although the call failed. If so, a caller that has no
    /// idempotency key must look at the server's state before it repeats the request.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        match self.kind() {
            ErrorKind::Transport { kind, .. } => !kind.is_connect(),
            // A gateway gives up on a request that the server behind it may still complete.
            ErrorKind::Status { status, .. } => matches!(status, 408 | 500 | 502 | 504..=599),
            ErrorKind::Undecodable { .. } => true,
            _ => false,
        }
    }

    /// The time that the server asks to wait before the next try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind() {
            ErrorKind::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub(crate) fn setup(problem: &str, source: Option<Cause>) -> Self {
        ErrorKind::Setup {
            problem: problem.to_owned(),
            source,
        }
        .into()
    }

    pub(crate) fn invalid(problem: impl Into<String>) -> Self {
        ErrorKind::InvalidRequest {
            problem: problem.into(),
        }
        .into()
    }
}
