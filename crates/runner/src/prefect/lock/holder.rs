//! Who holds a lock. The server does not say it: the holder announces itself by the event that Prefect's own client sends.

use jiff::Timestamp;
use prefect_client::{ConcurrencyLease, Event, EventFilter, Resource, StoredEvent};
use tokio::time::timeout;
use uuid::Uuid;

use super::limit::{Limit, REQUEST};

/// The event of a slot that was taken.
const ACQUIRED: &str = "prefect.concurrency-limit.acquired";
/// The label of it that names the holder.
const HOLDER: &str = "prefect-dbt.holder";

/// The run that takes a lock.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    /// Its description, for people.
    pub(crate) description: String,
    /// Its flow run, if that is known.
    pub(crate) flow_run_id: Option<Uuid>,
}

impl Holder {
    /// Announces that it has taken the slot. An event that cannot be sent is not repeated: it is only for people.
    pub(super) async fn announce(&self, limit: &Limit, lease: &ConcurrencyLease) {
        for event in self.events(lease, Timestamp::now()) {
            let Ok(event) = event.validate() else {
                continue;
            };
            let sent = timeout(REQUEST, limit.client.create_events(&[event])).await;
            if !matches!(sent, Ok(Ok(()))) {
                tracing::debug!("cannot announce the holder of the database lock");
            }
        }
    }

    fn events(&self, lease: &ConcurrencyLease, at: Timestamp) -> Vec<Event> {
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let related = self.flow_run_id.map(|id| {
            Resource::from([
                label("prefect.resource.id", &format!("prefect.flow-run.{id}")),
                label("prefect.resource.role", "flow-run"),
            ])
        });
        let events = lease.limits.iter().map(|limit| {
            let resource = Resource::from([
                label("prefect.resource.id", &resource_id(limit.id)),
                label("prefect.resource.name", &limit.name),
                label("slots-acquired", "1"),
                label("limit", &limit.limit.to_string()),
                label(HOLDER, &self.description),
            ]);
            Event::new(Uuid::new_v4(), at, ACQUIRED, resource).with_related(related.clone())
        });
        events.collect()
    }

    /// Who holds the slots of a limit, as far as events say it.
    pub(super) async fn of(limit: &Limit) -> Option<String> {
        let found = async {
            let stored = limit.read().await.ok()??;
            let filter = EventFilter::default()
                .with_prefixes([ACQUIRED])
                .with_resource_ids([resource_id(stored.id)]);
            limit.client.read_newest_event(&filter).await.ok()?
        };
        described(&timeout(REQUEST, found).await.ok()??)
    }
}

/// The holder that an event names: ours says it, that of Prefect's own client has a flow run.
fn described(event: &StoredEvent) -> Option<String> {
    if let Some(holder) = event.resource.get(HOLDER) {
        return Some(holder.clone());
    }
    let mut related = event.related.iter();
    let flow_run = related.find(|resource| {
        let role = resource.get("prefect.resource.role");
        role.is_some_and(|role| role == "flow-run")
    })?;
    let name = flow_run.get("prefect.resource.name")?;
    Some(format!("flow run `{name}`"))
}

fn resource_id(limit: Uuid) -> String {
    format!("prefect.concurrency-limit.{limit}")
}
