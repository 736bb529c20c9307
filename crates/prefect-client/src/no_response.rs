//! Finds out why a request got no response, in the chain of errors that the HTTP library returns.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::iter::successors;
use std::time::Duration;

use rustls::CertificateError;

use crate::error::{TlsProblem, TransportKind};

/// The cause of a missing response, in one line.
///
/// It replaces the HTTP library's chain, whose texts repeat each other and lack the message of the TLS library.
#[derive(Debug)]
pub(crate) struct NoResponse {
    text: String,
    /// Kept for `Debug` only.
    _original: reqwest::Error,
}

impl NoResponse {
    /// The kind and the text of `error`. `time_limit` is the client's limit, for the text of a timeout.
    pub(crate) fn explain(error: reqwest::Error, time_limit: Duration) -> (TransportKind, Self) {
        let is_https = error.url().is_some_and(|url| url.scheme() == "https");
        let error = error.without_url();
        let kind = kind(&error, is_https);
        let text = text(kind, &error, time_limit);
        let cause = Self {
            text,
            _original: error,
        };
        (kind, cause)
    }
}

impl fmt::Display for NoResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for NoResponse {}

/// The last error of the chain as a lowercase fragment.
pub(crate) fn innermost(error: &(dyn StdError + 'static)) -> String {
    let text = chain(error)
        .last()
        .map_or_else(String::new, ToString::to_string);
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text,
    }
}

type AnyError = dyn StdError + 'static;

/// The chain from the outermost error to the innermost.
fn chain(error: &AnyError) -> impl Iterator<Item = &AnyError> {
    successors(Some(error), |error| cause(*error))
}

/// The cause of an error. The `source()` of an [`io::Error`] skips the error that it wraps, where the TLS library's error is.
fn cause(error: &AnyError) -> Option<&AnyError> {
    let io = error.downcast_ref::<io::Error>();
    match io.and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn kind(error: &reqwest::Error, is_https: bool) -> TransportKind {
    if error.is_connect() {
        if let Some(problem) = tls_problem(error, is_https) {
            return TransportKind::Tls(problem);
        }
        let is_dns = |cause: &AnyError| cause.to_string() == "dns error";
        let is_refused = |cause: &AnyError| {
            cause
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
        };
        if chain(error).any(is_dns) {
            TransportKind::Dns
        } else if chain(error).any(is_refused) {
            TransportKind::ConnectionRefused
        } else {
            TransportKind::Connect
        }
    } else if error.is_timeout() {
        TransportKind::Timeout
    } else if chain(error).any(|cause| cause.to_string().starts_with("invalid HTTP")) {
        TransportKind::NotHttp
    } else {
        TransportKind::Interrupted
    }
}

fn text(kind: TransportKind, error: &reqwest::Error, time_limit: Duration) -> String {
    match kind {
        TransportKind::Dns => format!("cannot resolve the host name: {}", innermost(error)),
        TransportKind::Tls(TlsProblem::UntrustedCertificate) => {
            "TLS failure: the issuer of the server's certificate is not trusted".to_owned()
        }
        TransportKind::Tls(TlsProblem::NotTls) => {
            "TLS failure: the server does not speak TLS at this port".to_owned()
        }
        TransportKind::Tls(_) => tls_message(error),
        TransportKind::Timeout => format!("no response within {time_limit:?}"),
        TransportKind::NotHttp => "the response is not HTTP".to_owned(),
        TransportKind::Interrupted if tls_error(error).is_some() => tls_message(error),
        TransportKind::Interrupted => format!("the connection was lost: {}", innermost(error)),
        TransportKind::ConnectionRefused | TransportKind::Connect => innermost(error),
    }
}

fn tls_error(error: &AnyError) -> Option<&rustls::Error> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

fn tls_message(error: &AnyError) -> String {
    let detail = match tls_error(error) {
        Some(rustls::Error::InvalidCertificate(problem)) => problem.to_string(),
        Some(problem) => problem.to_string(),
        None if is_cut_off(error) => {
            "the server closed the connection during the handshake".to_owned()
        }
        None => format!(
            "the connection was lost during the handshake: {}",
            innermost(error)
        ),
    };
    format!("TLS failure: {detail}")
}

/// Whether the server closed the connection during the handshake: an I/O error with this text.
fn is_cut_off(error: &AnyError) -> bool {
    chain(error).any(|cause| cause.to_string() == "tls handshake eof")
}

/// Whether the connection was lost after it was made, although it is not ready: during the handshake. A proxy has a step before.
fn is_lost_in_handshake(error: &AnyError) -> bool {
    let is_of_proxy = |cause: &AnyError| {
        let text = cause.to_string();
        ["tunnel", "proxy", "SOCKS"]
            .iter()
            .any(|word| text.starts_with(word))
    };
    if chain(error).any(is_of_proxy) {
        return false;
    }
    chain(error).any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof
            )
        })
    })
}

fn tls_problem(error: &AnyError, is_https: bool) -> Option<TlsProblem> {
    let Some(tls) = tls_error(error) else {
        let is_in_handshake = is_cut_off(error) || is_https && is_lost_in_handshake(error);
        return is_in_handshake.then_some(TlsProblem::Other);
    };
    Some(match tls {
        rustls::Error::InvalidMessage(_) => TlsProblem::NotTls,
        rustls::Error::InvalidCertificate(problem) => match problem {
            CertificateError::UnknownIssuer => TlsProblem::UntrustedCertificate,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                TlsProblem::NameMismatch
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => TlsProblem::Expired,
            _ => TlsProblem::Other,
        },
        _ => TlsProblem::Other,
    })
}
