//! The token that a server with CSRF protection wants on every request that is not a GET.

use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::secret::Secret;

/// Header with the token.
pub(crate) const TOKEN_HEADER: &str = "Prefect-Csrf-Token";
/// Header with the identity that the token was made for.
pub(crate) const CLIENT_HEADER: &str = "Prefect-Csrf-Client";

/// What is known about the server's protection.
#[derive(Debug)]
pub(crate) enum Protection {
    /// Nobody has asked yet, or the last token was refused.
    Unknown,
    /// The server does not want tokens, or we were told not to send any.
    Off,
    /// It does, and this one holds until `expiration`.
    On {
        token: Secret,
        expiration: Timestamp,
    },
}

/// The protection as seen by one client.
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

    /// Forgets the token, so that the next request fetches another; true if there was one.
    pub(crate) async fn forget(&self) -> bool {
        let mut protection = self.protection.lock().await;
        let had_one = matches!(*protection, Protection::On { .. });
        if had_one {
            *protection = Protection::Unknown;
        }
        had_one
    }
}

/// The answer of `GET /csrf-token`.
#[derive(Deserialize)]
pub(crate) struct CsrfToken {
    pub(crate) token: String,
    pub(crate) expiration: Timestamp,
}
