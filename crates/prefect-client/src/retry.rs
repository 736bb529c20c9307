//! When a failed request is retried and after which delay: the rules of Prefect's client, as a pure function.

use std::time::Duration;

use jiff::Timestamp;

use crate::error::TransportKind;

/// When and how often failed requests are retried. The defaults are those of Prefect's Python client.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The maximum number of retries of a request (`PREFECT_CLIENT_MAX_RETRIES`).
    pub max_retries: u32,
    /// The part by which a delay is randomly longer or shorter: 0.2 is 20 % (`PREFECT_CLIENT_RETRY_JITTER_FACTOR`).
    pub jitter: f64,
    /// Status codes to retry in addition to 408, 429, 502 and 503 (`PREFECT_CLIENT_RETRY_EXTRA_CODES`).
    pub extra_codes: Vec<u16>,
    /// The delay before the first retry. Each further delay is twice as long.
    pub first_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 5,
            jitter: 0.2,
            extra_codes: Vec::new(),
            first_delay: Duration::from_secs(2),
        }
    }
}

/// The failure of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The server responded with a failure status.
    Status {
        /// The HTTP status code.
        code: u16,
        /// The time to wait that the response asks for (`Retry-After`).
        retry_after: Option<Duration>,
        /// Whether the response announces maintenance (`Prefect-Maintenance: true`).
        maintenance: bool,
    },
    /// There was no response.
    Transport {
        /// Why there was none.
        kind: TransportKind,
        /// Whether this client has reached the server before. If not, a failed connection is not retried: the URL may be wrong.
        reached_before: bool,
    },
}

impl RetryPolicy {
    /// A policy without retries.
    #[must_use]
    pub fn none() -> Self {
        Self {
            max_retries: 0,
            ..Self::default()
        }
    }

    /// The same policy with at most `max_retries` retries, the first after `first_delay`.
    #[must_use]
    pub fn with_pace(mut self, max_retries: u32, first_delay: Duration) -> Self {
        self.max_retries = max_retries;
        self.first_delay = first_delay;
        self
    }

    /// The delay before the next try; `None` means no further try.
    ///
    /// `retries` is the number of retries so far, without those during announced maintenance. `repeatable` says whether the
    /// server may receive the request twice. `roll` is a random number from 0 to 1.
    #[must_use]
    pub fn next_delay(
        &self,
        retries: u32,
        failure: &Failure,
        repeatable: bool,
        roll: f64,
    ) -> Option<Duration> {
        if failure.is_maintenance() {
            return Some(self.delay(retries, failure, roll));
        }
        let wanted = self.is_retryable(failure) && (repeatable || failure.was_not_executed());
        (wanted && retries < self.max_retries).then(|| self.delay(retries, failure, roll))
    }

    fn is_retryable(&self, failure: &Failure) -> bool {
        match failure {
            Failure::Status { code, .. } => {
                matches!(code, 408 | 429 | 502 | 503) || self.extra_codes.contains(code)
            }
            Failure::Transport {
                kind,
                reached_before,
            } => *reached_before || !kind.is_connect(),
        }
    }

    /// A delay that the server asks for is only lengthened. A delay of the policy is lengthened or shortened.
    fn delay(&self, retries: u32, failure: &Failure, roll: f64) -> Duration {
        match failure {
            Failure::Status {
                retry_after: Some(asked),
                ..
            } => asked.mul_f64(1.0 + self.jitter * roll),
            _ => {
                let doubled = self.first_delay * 2_u32.saturating_pow(retries.min(10));
                doubled.mul_f64((1.0 + self.jitter * (2.0 * roll - 1.0)).max(0.0))
            }
        }
    }
}

impl Failure {
    pub(crate) fn is_maintenance(&self) -> bool {
        matches!(
            self,
            Self::Status {
                maintenance: true,
                ..
            }
        )
    }

    /// Whether the server certainly did not execute the request. Prefect's server responds with 503 if SQLite's database is
    /// locked, after a rollback.
    fn was_not_executed(&self) -> bool {
        match self {
            Self::Status { code, .. } => matches!(code, 429 | 503),
            Self::Transport { kind, .. } => kind.is_connect(),
        }
    }
}

/// Reads a `Retry-After` header: seconds with or without a fraction, or a date, which is compared with `now`. At most one hour.
#[must_use]
pub fn parse_retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    const LONGEST: f64 = 3600.0;
    let seconds = match value.trim().parse::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => parse_http_date(value)?.duration_since(now).as_secs_f64(),
    };
    seconds
        .is_finite()
        .then(|| Duration::from_secs_f64(seconds.clamp(0.0, LONGEST)))
}

/// Reads a date in the form of HTTP headers.
pub(crate) fn parse_http_date(value: &str) -> Option<Timestamp> {
    Some(jiff::fmt::rfc2822::parse(value.trim()).ok()?.timestamp())
}

#[cfg(test)]
mod tests;
