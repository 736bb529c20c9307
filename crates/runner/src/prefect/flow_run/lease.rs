//! Keeping the slot of a deployment's concurrency limit.
//!
//! A server may lend it for a time, and take it back from runs that do not ask for more: another run would then start
//! beside ours. Prefect's own server does so only with clients whose version it knows. From others, such as this one, it
//! takes the lease back when the run starts, and leaves them the slot to the end of the run.

use std::time::Duration;

use prefect_client::{Client, FlowRun};
use tokio::task::AbortHandle;
use tokio::time::sleep;
use uuid::Uuid;

/// How long the slot is asked for, as Prefect's own engine does.
const TERM: Duration = Duration::from_secs(300);
/// When it is asked for again.
const RENEWAL: Duration = Duration::from_secs(225);
/// The same when the server could not be asked, beyond the client's own patience.
const SECOND_TRY: Duration = Duration::from_secs(15);

/// A slot that is kept until this goes.
#[derive(Debug)]
pub(crate) struct Lease {
    keeper: AbortHandle,
}

impl Lease {
    /// Keeps the slot of a flow run, if its deployment has a limit.
    pub(crate) fn of(client: &Client, run: &FlowRun) -> Option<Self> {
        let id = lease_id(run)?;
        let keeper = tokio::spawn(keep(client.clone(), id)).abort_handle();
        Some(Self { keeper })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

fn lease_id(run: &FlowRun) -> Option<Uuid> {
    let details = &run.state.as_ref()?.state_details;
    let id = details.get("deployment_concurrency_lease_id")?;
    id.as_str()?.parse().ok()
}

async fn keep(client: Client, id: Uuid) {
    loop {
        match client.renew_lease(id, TERM).await {
            Ok(()) => sleep(RENEWAL).await,
            Err(error) if error.is_temporary() => sleep(SECOND_TRY).await,
            // Prefect's own engine ends a run that has lost its slot; half a build is worse than two at once.
            Err(error) => return tracing::debug!(%error, "there is no lease to renew"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prefect_client::Settings;
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    fn run(details: &serde_json::Value) -> FlowRun {
        let state = json!({ "type": "PENDING", "name": "Submitting", "state_details": details });
        let run = json!({ "id": Uuid::nil(), "name": "a", "flow_id": Uuid::nil(), "state": state });
        serde_json::from_value(run).expect("a flow run")
    }

    #[tokio::test]
    async fn the_slot_is_asked_for_at_once() {
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let api = format!("http://{}/api", server.local_addr().expect("an address"));
        let client = Client::new(&Settings::with_api_url(&api)).expect("a client");
        assert!(Lease::of(&client, &run(&json!({}))).is_none());
        let id = Uuid::from_u128(7);
        let run = run(&json!({ "deployment_concurrency_lease_id": id }));
        let lease = Lease::of(&client, &run).expect("a lease");
        let mut asked = String::new();
        while !asked.contains("lease_duration") {
            let (mut connection, _) = server.accept().await.expect("a request");
            let mut bytes = [0; 2048];
            let read = connection.read(&mut bytes).await.expect("bytes");
            asked.push_str(&String::from_utf8_lossy(&bytes[..read]));
            // The first request is for a token against forged requests, which this server has no use for.
            let answer =
                b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            connection.write_all(answer).await.expect("written");
        }
        let path = format!("POST /api/v2/concurrency_limits/leases/{id}/renew");
        assert!(asked.contains(&path), "{asked}");
        assert!(asked.ends_with(r#"{"lease_duration":300.0}"#), "{asked}");
        drop(lease);
    }
}
