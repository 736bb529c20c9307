//! How long an outage is waited out after the end of a run.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::model::Stopper;

/// How long an outage is waited out after the end of a run.
#[derive(Debug, Clone)]
pub(super) struct Grace {
    /// Where nobody waits for the process.
    longest: Duration,
    /// For answers that a repetition hardly changes, and after a request to stop: the sender of a signal waits.
    short: Duration,
    stopper: Option<Stopper>,
}

impl Grace {
    /// `longest`, and `short` once `stopper` has a request.
    pub(super) fn new(longest: Duration, short: Duration, stopper: Option<Stopper>) -> Self {
        Self {
            longest,
            short: short.min(longest),
            stopper,
        }
    }

    /// The grace as of now.
    pub(super) fn now(&self) -> Duration {
        match &self.stopper {
            Some(stopper) if stopper.is_hurried() => self.short,
            _ => self.longest,
        }
    }

    /// The grace for a failure that is not an outage, such as a refused login.
    pub(super) fn short(&self) -> Duration {
        self.short
    }

    /// Whether the grace is longer than the time for a server that works.
    pub(super) fn is_extended(&self) -> bool {
        self.longest > self.short
    }

    /// Waits until the grace after `since` is over, or until `limit`, if that is earlier.
    pub(super) async fn over(&self, since: Instant, limit: Option<Instant>) {
        let end = || {
            let end = since + self.now();
            limit.map_or(end, |limit| limit.min(end))
        };
        let hurried = async {
            match &self.stopper {
                Some(stopper) => stopper.hurried().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = sleep_until(end()) => {}
            () = hurried => sleep_until(end()).await,
        }
    }
}
