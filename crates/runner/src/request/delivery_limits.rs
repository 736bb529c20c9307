//! The limits of what is sent to Prefect, and the times that Prefect is waited for.

use std::time::Duration;

use super::options::RunOptions;

/// The server is asked for this long whether it holds every task run, if nothing else is set.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an engine waits for the Prefect API after the end, if nothing else is set.
const ENGINE_DELIVERY: Duration = Duration::from_secs(10 * 60);
/// The longest time that an engine waits for the Prefect API before the start.
const ENGINE_START: Duration = Duration::from_secs(5 * 60);

/// The limits of what is sent to Prefect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeliveryLimits {
    /// How long the server is asked whether it has everything.
    pub(crate) verify_timeout: Duration,
    /// How long an outage is waited out after the end; `verify_timeout` if it is not set.
    pub(crate) delivery_timeout: Option<Duration>,
    /// Log lines and events in a minute.
    pub(crate) rate: Option<u32>,
    /// Log lines and events in the run.
    pub(crate) budget: Option<u32>,
    /// Whether the process was started as the engine of a flow run, which therefore needs Prefect.
    pub(crate) is_engine: bool,
}

impl DeliveryLimits {
    pub(super) fn of(options: &RunOptions) -> Self {
        Self {
            verify_timeout: options.verify_timeout.unwrap_or(VERIFY_TIMEOUT),
            delivery_timeout: options.delivery_timeout,
            rate: options.rate,
            budget: options.budget,
            is_engine: false,
        }
    }

    /// The limits of a process that is the engine of a flow run: a flow run that misses its end stays Running for good.
    pub(crate) fn for_engine(mut self) -> Self {
        self.delivery_timeout.get_or_insert(ENGINE_DELIVERY);
        self.is_engine = true;
        self
    }

    /// How long the Prefect API is waited for before dbt starts.
    pub(crate) fn at_start(&self) -> Duration {
        match self.is_engine {
            true => self
                .delivery_timeout
                .unwrap_or(ENGINE_START)
                .min(ENGINE_START),
            false => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_waits_longer_unless_the_caller_decides() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let mut options = RunOptions::default();
        let limits = DeliveryLimits::of(&options);
        assert_eq!(
            (limits.delivery_timeout, limits.at_start()),
            (None, Duration::ZERO)
        );
        let engine = limits.for_engine();
        assert_eq!(engine.delivery_timeout, Some(minutes(10)));
        assert_eq!(engine.at_start(), minutes(5));
        options.delivery_timeout = Some(minutes(1));
        let engine = DeliveryLimits::of(&options).for_engine();
        assert_eq!(engine.delivery_timeout, Some(minutes(1)));
        assert_eq!(engine.at_start(), minutes(1));
    }
}
