//! The lease of a slot of a deployment's concurrency limit.
//!
//! A server may grant the slot for a limited time and free it when the lease is not renewed: another run would then start beside
//! ours. The open-source server does so only for clients whose version it knows. For others, such as this one, it ends the lease
//! when the run starts, and keeps the slot for the run.

use std::time::Duration;

use prefect_client::{Client, FlowRun};
use tokio::task::AbortHandle;
use tokio::time::sleep;
use uuid::Uuid;

/// Duration of the lease, as in Prefect's own engine.
const DURATION: Duration = Duration::from_secs(300);
/// Time between two renewals.
const RENEWAL: Duration = Duration::from_secs(225);
/// The same after a failed renewal; the client itself has retried it already.
const RETRY: Duration = Duration::from_secs(15);

/// A lease that is renewed until this is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    renewal: AbortHandle,
}

impl Lease {
    /// Renews the lease of a flow run, if it has one.
    pub(crate) fn of(client: &Client, run: &FlowRun) -> Option<Self> {
        let id = lease_id(run)?;
        let renewal = tokio::spawn(renew(client.clone(), id)).abort_handle();
        Some(Self { renewal })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

fn lease_id(run: &FlowRun) -> Option<Uuid> {
    let details = &run.state.as_ref()?.state_details;
    let id = details.get("deployment_concurrency_lease_id")?;
    id.as_str()?.parse().ok()
}

async fn renew(client: Client, id: Uuid) {
    loop {
        match client.renew_lease(id, DURATION).await {
            Ok(()) => sleep(RENEWAL).await,
            Err(error) if error.is_temporary() => sleep(RETRY).await,
            // Prefect's own engine ends a run that has lost its slot. An incomplete build is worse than two at once.
            Err(error) => return tracing::debug!(%error, "cannot renew the lease"),
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
    async fn a_lease_is_renewed_immediately() {
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
            // The first request asks for a CSRF token, which this server does not have.
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
