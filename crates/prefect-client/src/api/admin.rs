//! The server itself: its health, its version and its clock.

use jiff::{SignedDuration, Timestamp};

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// Whether the server is healthy. A self-hosted server answers this without credentials.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn read_health(&self) -> Result<bool, Error> {
        self.get("/health").await
    }

    /// Reads the version of the server, such as `3.4.0`.
    ///
    /// # Errors
    /// If the request fails: with status 401 if the credentials are missing or wrong.
    pub async fn read_server_version(&self) -> Result<String, Error> {
        self.get("/admin/version").await
    }

    /// How far the server's clock is ahead of the local clock, to about a second; `None` if the server sends no `Date`.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn read_clock_skew(&self) -> Result<Option<SignedDuration>, Error> {
        let sent = Timestamp::now();
        let date = self.date_of("/health").await?;
        let received = Timestamp::now();
        Ok(date.map(|date| skew(sent, date, received)))
    }
}

/// The header has whole seconds, and the server may set it at any moment between request and response: the result is the
/// smallest skew that explains it.
fn skew(sent: Timestamp, date: Timestamp, received: Timestamp) -> SignedDuration {
    let latest = date + SignedDuration::from_secs(1);
    if latest < sent {
        latest.duration_since(sent)
    } else if date > received {
        date.duration_since(received)
    } else {
        SignedDuration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_between_request_and_response_is_no_skew() {
        let at = |text: &str| format!("2026-03-01T10:00:{text}Z").parse().expect("a time");
        let proved = |date: &str| skew(at("10.9"), at(date), at("12.2")).as_millis();
        assert_eq!(proved("10"), 0);
        assert_eq!(proved("12"), 0);
        assert_eq!(proved("13"), 800);
        assert_eq!(proved("08"), -1900);
    }
}
