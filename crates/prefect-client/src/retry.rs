//! When a failed try is repeated, and after how long: Prefect's own client rules, as a pure function.

use std::time::Duration;

use jiff::Timestamp;

use crate::error::TransportKind;

/// The rules of repetition. The defaults are those of Prefect's Python client.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How many times a failed request is repeated (`PREFECT_CLIENT_MAX_RETRIES`).
    pub max_retries: u32,
    /// By which part a delay may be longer or shorter (`PREFECT_CLIENT_RETRY_JITTER_FACTOR`).
    pub jitter: f64,
    /// Statuses that are repeated besides 408, 429, 502 and 503 (`PREFECT_CLIENT_RETRY_EXTRA_CODES`).
    pub extra_codes: Vec<u16>,
    /// The first delay; each further one is twice as long.
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

/// How one try failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The server answered with an error status.
    Status {
        /// The status.
        code: u16,
        /// Its `Retry-After`, as a duration from now.
        retry_after: Option<Duration>,
        /// Whether it announced maintenance (`Prefect-Maintenance: true`).
        maintenance: bool,
    },
    /// The request or its answer was lost.
    Transport {
        /// How.
        kind: TransportKind,
        /// Whether this client has reached the server before: a wrong URL fails at once, an outage is waited for.
        reached_before: bool,
    },
}

impl RetryPolicy {
    /// A policy that never repeats.
    #[must_use]
    pub fn none() -> Self {
        Self {
            max_retries: 0,
            ..Self::default()
        }
    }

    /// The same policy with at most `max_retries` repetitions, the first after `first_delay`.
    #[must_use]
    pub fn with_pace(mut self, max_retries: u32, first_delay: Duration) -> Self {
        self.max_retries = max_retries;
        self.first_delay = first_delay;
        self
    }

    /// The time to wait before the next try, or `None` to give up.
    ///
    /// `retries` counts the repetitions made so far, announced maintenance not included; `repeatable` says whether the
    /// server may see the request twice; `roll` is a random number in 0..1.
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

    /// What the server asked for is only ever lengthened; a delay of our own spreads to both sides.
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

    /// Whether the server surely did nothing. A 503 is SQLite's "database is locked": rolled back.
    fn was_not_executed(&self) -> bool {
        match self {
            Self::Status { code, .. } => matches!(code, 429 | 503),
            Self::Transport { kind, .. } => kind.is_connect(),
        }
    }
}

/// Reads a `Retry-After` header: seconds (fractions too), or a date, counted from `now`. At most an hour.
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

/// Reads a date as headers have it.
pub(crate) fn parse_http_date(value: &str) -> Option<Timestamp> {
    Some(jiff::fmt::rfc2822::parse(value.trim()).ok()?.timestamp())
}

#[cfg(test)]
mod tests;
