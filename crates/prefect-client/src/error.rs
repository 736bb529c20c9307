//! What can go wrong in a call, told apart by whose fault it is.

use std::error::Error as StdError;
use std::time::Duration;

/// A boxed cause; the HTTP library's types stay private.
pub type Cause = Box<dyn StdError + Send + Sync + 'static>;

/// A failed call to the API. No variant ever holds a credential: URLs are reduced to their path, and known secrets are
/// masked in whatever the server said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request was never sent, since it could not be right.
    #[error("invalid request: {problem}")]
    InvalidRequest {
        /// What is wrong with it.
        problem: String,
    },
    /// The client could not be set up (certificate file, header, URL).
    #[error("cannot set up the connection to Prefect: {problem}")]
    Setup {
        /// What is wrong, naming the setting.
        problem: String,
        /// The cause, where another library found it.
        #[source]
        source: Option<Cause>,
    },
    /// The request or its answer was lost on the way.
    #[error("{method} {path} got no answer ({})", .kind.describe())]
    Transport {
        /// Method of the request.
        method: &'static str,
        /// Path below the API's URL.
        path: String,
        /// How it was lost.
        kind: TransportKind,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// The API answered with a status that means no.
    #[error("{method} {path} was refused with status {status}: {detail}")]
    Refused {
        /// Method of the request.
        method: &'static str,
        /// Path below the API's URL.
        path: String,
        /// HTTP status.
        status: u16,
        /// The server's explanation, shortened.
        detail: String,
        /// How long the server asked to wait.
        retry_after: Option<Duration>,
    },
    /// The API answered well, with a body that is not what the endpoint promises.
    #[error("{method} {path} answered with something that is not understood: {problem}")]
    Undecodable {
        /// Method of the request.
        method: &'static str,
        /// Path below the API's URL.
        path: String,
        /// Where decoding stopped.
        problem: String,
        /// The beginning of the body.
        body: String,
    },
}

/// How a request was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportKind {
    /// No connection was made, so that the server has not seen the request.
    Connect,
    /// No answer in time; the server may have acted.
    Timeout,
    /// The connection broke; the server may have acted.
    Interrupted,
}

impl TransportKind {
    fn describe(self) -> &'static str {
        match self {
            Self::Connect => "no connection to the server",
            Self::Timeout => "timed out",
            Self::Interrupted => "the connection broke",
        }
    }
}

impl Error {
    /// The HTTP status, when the API refused.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the API says that the thing does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether the API does not accept our credentials, or that we have none.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        matches!(self.status(), Some(401 | 403))
    }

    /// Whether trying again later can help: lost on the way, too many requests, or a server in trouble.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Transport { .. } => true,
            Self::Refused { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            _ => false,
        }
    }

    /// Whether the server may have acted on the request all the same. A caller that repeats a request without an
    /// idempotency key must look first.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        match self {
            Self::Transport { kind, .. } => *kind != TransportKind::Connect,
            // A gateway gives up on a request that the server behind it may still complete.
            Self::Refused { status, .. } => matches!(status, 408 | 500 | 502 | 504..=599),
            Self::Undecodable { .. } => true,
            _ => false,
        }
    }

    /// How long the server asked to wait before the next try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub(crate) fn invalid(problem: impl Into<String>) -> Self {
        Self::InvalidRequest {
            problem: problem.into(),
        }
    }
}
