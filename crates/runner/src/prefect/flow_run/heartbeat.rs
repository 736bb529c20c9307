//! Telling that the run is alive, for automations that look for runs that are not.

use std::time::Duration;

use jiff::Timestamp;
use prefect_client::{Client, Event};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::context::RunContext;

/// How long a beat may take: everything else waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The beat of a flow run whose states are ours.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    due: Instant,
    every: Duration,
}

impl Heartbeat {
    /// The first beat is due at once.
    pub(crate) fn new(every: Duration) -> Self {
        Self {
            due: Instant::now(),
            every,
        }
    }

    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// Beats if it is time. A beat that gets lost is not repeated: the next one comes.
    pub(crate) async fn beat(&mut self, client: &Client, context: &RunContext) {
        if Instant::now() < self.due {
            return;
        }
        self.due = Instant::now() + self.every;
        let Some(event) = event(context, Uuid::new_v4(), Timestamp::now()) else {
            return;
        };
        let sent = match event.validate() {
            Ok(event) => match timeout(PATIENCE, client.create_events(&[event])).await {
                Ok(sent) => sent.map_err(|error| error.to_string()),
                Err(late) => Err(late.to_string()),
            },
            Err(error) => Err(error.to_string()),
        };
        if let Err(problem) = sent {
            tracing::debug!(problem, "a heartbeat was lost");
        }
    }
}

fn event(context: &RunContext, id: Uuid, at: Timestamp) -> Option<Event> {
    let mut event = Event::new(id, at, "prefect.flow-run.heartbeat", context.resource()?);
    event.related = context.related_to_flow_run();
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prefect::flow_run::context::tests::deployed_run;

    #[test]
    fn a_beat() {
        let event = event(&deployed_run(), Uuid::nil(), Timestamp::UNIX_EPOCH).expect("a beat");
        assert!(event.validate().is_ok());
        insta::assert_json_snapshot!(event);
    }
}
