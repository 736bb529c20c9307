//! The server itself.

use jiff::{SignedDuration, Timestamp};

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// Whether the API is there and well. Needs no credentials on a server of one's own.
    ///
    /// # Errors
    /// As every call.
    pub async fn read_health(&self) -> Result<bool, Error> {
        self.get("/health").await
    }

    /// The version of the server.
    ///
    /// # Errors
    /// As every call; 401 when credentials are missing or wrong.
    pub async fn read_server_version(&self) -> Result<String, Error> {
        self.get("/admin/version").await
    }

    /// How far the server's clock is ahead of ours, good to a second or so; `None` when the server does not tell.
    ///
    /// # Errors
    /// As every call.
    pub async fn read_clock_skew(&self) -> Result<Option<SignedDuration>, Error> {
        let asked = Timestamp::now();
        let date = self.date_of("/health").await?;
        let answered = Timestamp::now();
        Ok(date.map(|date| skew(asked, date, answered)))
    }
}

/// The header is cut to seconds, and any moment between question and answer may be meant: no more skew than it proves.
fn skew(asked: Timestamp, date: Timestamp, answered: Timestamp) -> SignedDuration {
    let latest = date + SignedDuration::from_secs(1);
    if latest < asked {
        latest.duration_since(asked)
    } else if date > answered {
        date.duration_since(answered)
    } else {
        SignedDuration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_between_question_and_answer_proves_no_skew() {
        let at = |text: &str| format!("2026-03-01T10:00:{text}Z").parse().expect("a time");
        let proved = |date: &str| skew(at("10.9"), at(date), at("12.2")).as_millis();
        assert_eq!(proved("10"), 0);
        assert_eq!(proved("12"), 0);
        assert_eq!(proved("13"), 800);
        assert_eq!(proved("08"), -1900);
    }
}
