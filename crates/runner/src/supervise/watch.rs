//! Looking now and then whether the flow run was cancelled.

use std::time::Duration;

use prefect_client::{Client, StateType};
use uuid::Uuid;

/// How often the flow run is looked at.
pub(super) const EVERY: Duration = Duration::from_secs(5);

/// Comes when somebody has cancelled the flow run. What cannot be read is looked at again: an outage is no cancellation.
pub(super) async fn cancellation(client: &Client, flow_run_id: Uuid, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        if is_cancelled(client, flow_run_id).await {
            return;
        }
    }
}

/// Whether the flow run is cancelled, or about to be; not as far as is known, when it cannot be read.
pub(super) async fn is_cancelled(client: &Client, flow_run_id: Uuid) -> bool {
    let run = client.read_flow_run(flow_run_id).await;
    let run = run.inspect_err(|error| tracing::debug!(%error, "the flow run cannot be looked at"));
    let state = run.ok().and_then(|run| run.state);
    state.is_some_and(|state| matches!(state.kind, StateType::Cancelling | StateType::Cancelled))
}
