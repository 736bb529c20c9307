//! What a sweep covers.

use std::time::Duration;

use uuid::Uuid;

/// The shortest time without a sign of life, if nothing else is set.
const OLDER_THAN: Duration = Duration::from_secs(600);

/// What a sweep covers.
#[derive(Debug, Clone, Default)]
pub(crate) struct SweepOptions {
    /// Only flow runs of these flows.
    pub(crate) flows: Flows,
    /// The time without a sign of life after which a flow run looks dead, and after the end of a flow run until its task runs are
    /// closed: the recorder of the server lags. Default: 10 minutes, or three heartbeats if that is more.
    pub(crate) older_than: Option<Duration>,
    /// Nothing is closed.
    pub(crate) dry_run: bool,
}

/// The flows that a sweep is restricted to; no restriction if both are empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flows {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) names: Vec<String>,
}

impl SweepOptions {
    /// The time without a sign of life, with this time between two heartbeats.
    pub(super) fn older_than(&self, heartbeat: Duration) -> Duration {
        self.older_than
            .unwrap_or_else(|| OLDER_THAN.max(heartbeat * 3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_outlasts_ten_minutes_and_three_heartbeats() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let mut options = SweepOptions::default();
        assert_eq!(options.older_than(minutes(3)), minutes(10));
        assert_eq!(options.older_than(minutes(5)), minutes(15));
        options.older_than = Some(minutes(1));
        assert_eq!(options.older_than(minutes(5)), minutes(1));
    }
}
