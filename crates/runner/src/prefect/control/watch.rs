//! Watches the state of the flow run for a cancellation.

use std::time::Duration;

use prefect_client::{Client, StateType};
use uuid::Uuid;

/// How often the state of the flow run is read.
pub(super) const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Waits until the flow run is cancelled. A failed request is ignored: an outage is not a cancellation.
pub(super) async fn cancellation(client: &Client, flow_run_id: Uuid, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        if is_cancelled(client, flow_run_id).await {
            return;
        }
    }
}

/// Whether the flow run is Cancelling or Cancelled; false when it cannot be read.
pub(super) async fn is_cancelled(client: &Client, flow_run_id: Uuid) -> bool {
    let run = client.read_flow_run(flow_run_id).await;
    let run = run.inspect_err(|error| tracing::debug!(%error, "cannot read the flow run"));
    let state = run.ok().and_then(|run| run.state);
    state.is_some_and(|state| matches!(state.kind, StateType::Cancelling | StateType::Cancelled))
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use prefect_client::{NewFlow, NewFlowRun, NewState, Settings};

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    /// The server that tests run against.
    fn from_env() -> Client {
        let api = std::env::var_os("PREFECT_DBT_TEST_API").and_then(|api| api.into_string().ok());
        client(&api.expect("PREFECT_DBT_TEST_API names no Prefect API: run `cargo xtask test`"))
    }

    fn client(api: &str) -> Client {
        Client::new(&Settings::with_api_url(api)).expect("a client")
    }

    #[tokio::test]
    async fn an_outage_is_not_a_cancellation() {
        let client = client("http://127.0.0.1:9/api");
        assert!(!is_cancelled(&client, Uuid::nil()).await);
    }

    #[tokio::test]
    async fn a_cancellation_is_seen_at_the_next_poll() {
        let client = from_env();
        let flow = client
            .create_flow(&NewFlow::new("watched"))
            .await
            .expect("a flow");
        let run = client
            .create_flow_run(&NewFlowRun::new(flow.id))
            .await
            .expect("a flow run");
        assert!(!is_cancelled(&client, run.id).await);
        let cancel = async {
            let state = NewState::new(StateType::Cancelling);
            client
                .set_flow_run_state(run.id, &state, true)
                .await
                .expect("an answer");
            pending::<()>().await;
        };
        tokio::select! {
            () = cancellation(&client, run.id, SOON) => {}
            () = cancel => {}
        }
        assert!(is_cancelled(&client, run.id).await);
    }
}
