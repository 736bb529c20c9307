//! The rate limit of a report: a token bucket.
//!
//! Prefect Cloud limits log lines and events, a unit each, per minute. No minute exceeds the rate: the bucket holds a tenth of
//! it, and nine tenths are added per minute.

use std::time::Duration;

use tokio::time::Instant;

const MINUTE: f64 = 60.0;

/// The rate of one report.
#[derive(Debug)]
pub(super) struct Rate {
    /// Size of the bucket.
    most: f64,
    per_second: f64,
    saved: f64,
    at: Instant,
}

impl Rate {
    /// A rate in units per minute, at least one.
    pub(super) fn new(per_minute: u32, now: Instant) -> Self {
        let per_minute = f64::from(per_minute.max(1));
        let most = (per_minute / 10.0).floor().max(1.0);
        Self {
            most,
            // With one unit a minute, the bucket cannot hold a part of it.
            per_second: (per_minute - most).max(per_minute / 2.0) / MINUTE,
            saved: most,
            at: now,
        }
    }

    /// Most units that can be sent at once.
    pub(super) fn most(&self) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a tenth of a u32"
        )]
        let most = self.most as usize;
        most
    }

    /// Takes units, at most [`Rate::most`]. The error is how long to wait until they are available.
    pub(super) fn take(&mut self, units: usize, now: Instant) -> Result<(), Duration> {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.saved = (self.saved + passed * self.per_second).min(self.most);
        self.at = self.at.max(now);
        #[expect(clippy::cast_precision_loss, reason = "a tenth of a u32")]
        let wanted = (units as f64).min(self.most);
        if self.saved >= wanted {
            self.saved -= wanted;
            return Ok(());
        }
        // Rounded up, so that the wait is enough.
        let wait = (wanted - self.saved) / self.per_second + 1e-3;
        Err(Duration::from_secs_f64(wait))
    }
}

#[cfg(test)]
mod tests;
