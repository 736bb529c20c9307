//! Heartbeats of a flow run, for automations that find dead runs.

use std::time::Duration;

use jiff::Timestamp;
use prefect_client::{Client, Event};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::context::RunContext;
use crate::model::error_chain;

/// How long a heartbeat may take: all other requests wait for it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The heartbeat of an owned flow run.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    due: Instant,
    every: Duration,
}

impl Heartbeat {
    /// The first heartbeat is due immediately.
    pub(crate) fn new(every: Duration) -> Self {
        Self {
            due: Instant::now(),
            every,
        }
    }

    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// Sends a heartbeat if one is due. A failed one is not repeated.
    pub(crate) async fn beat(&mut self, client: &Client, context: &RunContext) {
        if Instant::now() < self.due {
            return;
        }
        self.due = Instant::now() + self.every;
        let Some(event) = event(context, Uuid::new_v4(), Timestamp::now()) else {
            return;
        };
        if let Err(error) = send(client, event).await {
            let problem = error_chain(&*error);
            tracing::debug!(problem, "cannot send a heartbeat");
        }
    }
}

async fn send(
    client: &Client,
    event: Event,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let event = event.validate()?;
    Ok(timeout(TIMEOUT, client.create_events(&[event])).await??)
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
    fn the_event_of_a_heartbeat() {
        let event = event(&deployed_run(), Uuid::nil(), Timestamp::UNIX_EPOCH).expect("an event");
        assert!(event.validate().is_ok());
        insta::assert_json_snapshot!(event);
    }
}
