//! How a call to the API failed, and what to do about each failure.

use std::time::Duration;

use reqwest::StatusCode;

use super::{Cause, LARGEST_BODY};

/// How a call to the API failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request was not sent, because it is invalid.
    #[error("invalid request: {problem}")]
    InvalidRequest {
        /// What is invalid.
        problem: String,
    },
    /// The client cannot be set up with these settings: the URL, a header or the certificate file.
    #[error("cannot set up the Prefect client: {problem}")]
    Setup {
        /// What is wrong. Names the setting.
        problem: String,
        /// The error of another library, if one found the problem.
        #[source]
        source: Option<Cause>,
    },
    /// No response, or not all of it, arrived.
    #[error("{method} {url} failed")]
    Transport {
        /// The HTTP method.
        method: &'static str,
        /// The URL, without credentials and query.
        url: String,
        /// Why there is no response.
        kind: TransportKind,
        /// The same in words, with the message of the operating system or of the TLS library.
        #[source]
        source: Cause,
    },
    /// The API responded with an HTTP status that means failure.
    #[error("{method} {url} failed with status {}{}", status_line(*status), after_colon(detail))]
    Status {
        /// The HTTP method.
        method: &'static str,
        /// The URL, without credentials and query.
        url: String,
        /// The HTTP status code.
        status: u16,
        /// The explanation in the response, at most 500 characters; empty if there is none.
        detail: String,
        /// The time that the server asks to wait (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// The body of the response is larger than the client reads, which is [`LARGEST_BODY`] bytes.
    #[error("{method} {url} returned a body of more than {} MiB", LARGEST_BODY / (1024 * 1024))]
    BodyTooLarge {
        /// The HTTP method.
        method: &'static str,
        /// The URL, without credentials and query.
        url: String,
    },
    /// The API responded with success, but the body is not what the endpoint returns.
    #[error("{method} {url} returned an unexpected body: {problem}")]
    Undecodable {
        /// The HTTP method.
        method: &'static str,
        /// The URL, without credentials and query.
        url: String,
        /// The decoder's message, with line and column.
        problem: String,
        /// The first 200 characters of the body.
        body: String,
    },
}

/// Why there is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportKind {
    /// The host name cannot be resolved.
    Dns,
    /// No server listens at this address and port.
    ConnectionRefused,
    /// No secure connection, because of the certificate or the TLS protocol.
    Tls(TlsProblem),
    /// No connection, for another reason: no route, a proxy that fails.
    Connect,
    /// No response within the time limit. The server may have acted on the request.
    Timeout,
    /// Something other than HTTP was received, for example because the server expects TLS.
    NotHttp,
    /// The connection was lost before the response was complete. The server may have acted on the request.
    Interrupted,
}

/// Why a TLS handshake failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsProblem {
    /// The issuer of the server's certificate is not trusted.
    UntrustedCertificate,
    /// The certificate is not valid for the host name in the URL.
    NameMismatch,
    /// The certificate has expired or is not valid yet.
    Expired,
    /// The server does not speak TLS at this port.
    NotTls,
    /// Another reason: an invalid certificate, no common protocol version, a connection that was closed.
    Other,
}

impl TransportKind {
    /// Whether no connection was made, so that the server cannot have seen the request.
    #[must_use]
    pub fn is_connect(self) -> bool {
        match self {
            Self::Dns | Self::ConnectionRefused | Self::Tls(_) | Self::Connect => true,
            Self::Timeout | Self::NotHttp | Self::Interrupted => false,
        }
    }

    fn help(self) -> Option<&'static str> {
        Some(match self {
            Self::Dns => "check the host name in PREFECT_API_URL",
            Self::ConnectionRefused => {
                "check PREFECT_API_URL, and that the Prefect server is running"
            }
            Self::Tls(problem) => return problem.help(),
            Self::Connect => "check PREFECT_API_URL and the network",
            Self::Timeout => {
                "check that the Prefect server is healthy, or raise PREFECT_API_REQUEST_TIMEOUT"
            }
            Self::NotHttp => "if the server uses TLS, begin PREFECT_API_URL with https://",
            Self::Interrupted => return None,
        })
    }
}

impl TlsProblem {
    fn help(self) -> Option<&'static str> {
        Some(match self {
            Self::UntrustedCertificate => {
                "set PREFECT_API_SSL_CERT_FILE to a PEM file with the certificate of the issuer"
            }
            Self::NameMismatch => {
                "use a host name in PREFECT_API_URL that the certificate is valid for"
            }
            Self::Expired => {
                "renew the certificate of the server, and check the clock of this machine"
            }
            Self::NotTls => "if the server does not use TLS, begin PREFECT_API_URL with http://",
            Self::Other => return None,
        })
    }
}

impl ErrorKind {
    pub(super) fn help(&self) -> Option<&'static str> {
        match self {
            Self::Transport { kind, .. } => kind.help(),
            Self::Status { status: 401, .. } => {
                Some("check PREFECT_API_KEY or PREFECT_API_AUTH_STRING")
            }
            Self::Status { status: 403, .. } => {
                Some("check the permissions of PREFECT_API_KEY or PREFECT_API_AUTH_STRING")
            }
            Self::Status {
                status: 300..=399, ..
            } => Some("the server redirects: check PREFECT_API_URL"),
            // The text for a path that the server does not know. Each missing object has its own text.
            Self::Status {
                status: 404,
                detail,
                ..
            } if detail == "Not Found" => {
                Some("check PREFECT_API_URL: the URL of a Prefect server ends with /api")
            }
            Self::Undecodable { .. } | Self::BodyTooLarge { .. } => {
                Some("check that PREFECT_API_URL is the URL of a Prefect API")
            }
            _ => None,
        }
    }
}

/// `404 Not Found`.
fn status_line(code: u16) -> String {
    let reason = StatusCode::from_u16(code).ok();
    match reason.and_then(|status| status.canonical_reason()) {
        Some(reason) => format!("{code} {reason}"),
        None => code.to_string(),
    }
}

fn after_colon(detail: &str) -> String {
    match detail {
        "" => String::new(),
        detail => format!(": {detail}"),
    }
}
