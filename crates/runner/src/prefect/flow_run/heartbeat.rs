//! Heartbeats of a flow run, by which automations and `prefect-dbt sweep` find dead runs.
//!
//! They are events of the form that Prefect's own engine sends. They go on while a run waits, and no rate or budget counts them.

use std::time::Duration;

use jiff::Timestamp;
use prefect_client::{Client, Event};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::context::RunContext;
use super::final_state::FinalStateSetter;
use crate::model::error_chain;

/// The name of the events.
pub(crate) const HEARTBEAT: &str = "prefect.flow-run.heartbeat";
/// How long a heartbeat may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The heartbeats of a flow run of ours, until this is dropped or the flow run gets its final state.
#[derive(Debug)]
pub(crate) struct Heartbeats {
    task: AbortHandle,
}

impl Heartbeats {
    /// The heartbeats of a run, the first one at once.
    pub(crate) fn of(client: &Client, context: RunContext, setter: FinalStateSetter) -> Self {
        let client = client.clone();
        Self::spawn(async move {
            loop {
                beat(&client, &context, &setter).await;
                sleep(client.settings().heartbeat_frequency).await;
            }
        })
    }

    /// The heartbeats of a flow run that waits, the first one after the usual time. `id` is there when the flow run exists.
    pub(crate) fn while_waiting(
        client: &Client,
        id: impl Future<Output = Uuid> + Send + 'static,
        setter: FinalStateSetter,
    ) -> Self {
        let client = client.clone();
        Self::spawn(async move {
            let every = client.settings().heartbeat_frequency;
            let id = id.await;
            let mut context = None;
            loop {
                sleep(every).await;
                if context.is_none() {
                    context = read_context(&client, id).await;
                }
                if let Some(context) = &context {
                    beat(&client, context, &setter).await;
                }
            }
        })
    }

    fn spawn(beats: impl Future<Output = ()> + Send + 'static) -> Self {
        let task = tokio::spawn(beats).abort_handle();
        Self { task }
    }
}

impl Drop for Heartbeats {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read_context(client: &Client, id: Uuid) -> Option<RunContext> {
    let run = client.read_flow_run(id).await.ok()?;
    RunContext::read(client, &run).await.ok()
}

/// Sends a heartbeat. A failed one is not repeated. After the final state there are none: automations would wait for the next.
async fn beat(client: &Client, context: &RunContext, setter: &FinalStateSetter) {
    let event = event(context, Uuid::new_v4(), Timestamp::now());
    let Some(event) = event.filter(|_| setter.is_open()) else {
        return;
    };
    if let Err(error) = send(client, event).await {
        let problem = error_chain(&*error);
        tracing::debug!(problem, "cannot send a heartbeat");
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
    let mut event = Event::new(id, at, HEARTBEAT, context.resource()?);
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
