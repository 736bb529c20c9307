//! Watches the state of the flow run for a cancellation.

use std::time::Duration;

use prefect_client::{Client, StateType};
use uuid::Uuid;

/// How often the state of the flow run is read.
pub(super) const POLL_INTERVAL: Duration = Duration::from_secs(2);

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
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use prefect_client::Settings;
    use serde_json::json;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    /// An API whose flow run is in the next of these states at each look.
    fn api(states: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            for (state, stream) in states.iter().zip(listener.incoming().flatten()) {
                let head = BufReader::new(&stream).lines().map_while(Result::ok);
                head.take_while(|line| !line.is_empty()).for_each(drop);
                let state =
                    json!({ "type": state, "name": state, "timestamp": "2026-01-01T00:00:00Z" });
                let run = json!({ "id": Uuid::nil(), "name": "watched", "flow_id": Uuid::nil(), "state": state });
                let body = run.to_string();
                let length = body.len();
                let head =
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}");
                write!(&stream, "{head}\r\n\r\n{body}").expect("a client that waits");
            }
        });
        format!("http://{address}/api")
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
        let client = client(&api(&["RUNNING", "RUNNING", "CANCELLING", "CANCELLED"]));
        assert!(!is_cancelled(&client, Uuid::nil()).await);
        cancellation(&client, Uuid::nil(), SOON).await;
        assert!(is_cancelled(&client, Uuid::nil()).await);
    }
}
