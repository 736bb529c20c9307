//! The token that a server with CSRF protection requires on each request other than GET.

use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::secret::Secret;

/// The header with the token.
pub(crate) const TOKEN_HEADER: &str = "Prefect-Csrf-Token";
/// The header with the client id that the token is issued for.
pub(crate) const CLIENT_HEADER: &str = "Prefect-Csrf-Client";

/// Whether the server requires tokens, and the current token.
#[derive(Debug)]
pub(crate) enum Protection {
    /// Not known yet, or the server rejected the last token.
    Unknown,
    /// The server requires no tokens, or the settings switch them off.
    Off,
    /// The server requires tokens; this one is valid until `expiration`.
    On {
        token: Secret,
        expiration: Timestamp,
    },
}

/// The CSRF state that the clones of a client share.
#[derive(Debug)]
pub(crate) struct Csrf {
    pub(crate) client: Uuid,
    pub(crate) protection: Mutex<Protection>,
}

impl Csrf {
    pub(crate) fn new(supported: bool) -> Self {
        let protection = if supported {
            Protection::Unknown
        } else {
            Protection::Off
        };
        Self {
            client: Uuid::new_v4(),
            protection: Mutex::new(protection),
        }
    }

    /// Drops the token, so that the next request fetches a new one. Returns whether there was one.
    pub(crate) async fn forget(&self) -> bool {
        let mut protection = self.protection.lock().await;
        let had_one = matches!(*protection, Protection::On { .. });
        if had_one {
            *protection = Protection::Unknown;
        }
        had_one
    }
}

/// The response of `GET /csrf-token`.
#[derive(Deserialize)]
pub(crate) struct CsrfToken {
    pub(crate) token: String,
    pub(crate) expiration: Timestamp,
}
