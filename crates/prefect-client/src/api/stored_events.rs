//! Reads events that the server has stored.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Resource;
use crate::client::Client;
use crate::error::Error;

/// The maximum number of events in a page.
const PAGE: u32 = 50;
/// The path of the further pages. The server returns whole URLs, whose host may be known only inside of its network.
const NEXT: &str = "/events/filter/next";

/// A stored event.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct StoredEvent {
    /// The id of the event.
    pub id: Uuid,
    /// When the event happened.
    pub occurred: Timestamp,
    /// When the server received it, by its own clock.
    pub received: Option<Timestamp>,
    /// The name of the event.
    pub event: String,
    /// The labels of the resource that it happened to.
    pub resource: Resource,
    /// The labels of the related resources.
    #[serde(default)]
    pub related: Vec<Resource>,
    /// Any other data.
    #[serde(default)]
    pub payload: Map<String, Value>,
}

/// Which events to read: all conditions must hold. An empty list is no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventFilter {
    /// The id is one of these. With more than fifty, the server returns pages.
    pub ids: Vec<Uuid>,
    /// The name begins with one of these.
    pub prefixes: Vec<String>,
    /// The id of the resource is one of these.
    pub resource_ids: Vec<String>,
    /// The id of a related resource is one of these.
    pub related_ids: Vec<String>,
    /// The id of the resource, or of a related one, is one of these.
    pub any_resource_ids: Vec<String>,
}

impl EventFilter {
    fn body(&self) -> Value {
        let mut filter = Map::new();
        for (name, key, values) in [
            ("event", "prefix", &self.prefixes),
            ("resource", "id", &self.resource_ids),
            ("related", "id", &self.related_ids),
            ("any_resource", "id", &self.any_resource_ids),
        ] {
            if !values.is_empty() {
                filter.insert(name.to_owned(), json!({ key: values }));
            }
        }
        if !self.ids.is_empty() {
            filter.insert("id".to_owned(), json!({ "id": self.ids }));
        }
        json!({ "filter": filter, "limit": PAGE })
    }
}

#[derive(Deserialize)]
struct Page {
    events: Vec<StoredEvent>,
    next_page: Option<String>,
}

setters! {
    EventFilter {
        list with_ids(ids: Uuid);
        list with_prefixes(prefixes: String);
        list with_resource_ids(resource_ids: String);
        list with_related_ids(related_ids: String);
        list with_any_resource_ids(any_resource_ids: String);
    }
}

impl Client {
    /// Reads the event that happened last of those that match the filter, even if the clock of its sender is ahead by up to a
    /// day.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn read_newest_event(
        &self,
        filter: &EventFilter,
    ) -> Result<Option<StoredEvent>, Error> {
        let mut body = filter.body();
        body["limit"] = json!(1);
        // By default, the server reads up to its own present.
        let tomorrow = Timestamp::now().saturating_add(SignedDuration::from_hours(24));
        body["filter"]["occurred"] = json!({ "until": tomorrow.ok() });
        let page: Page = self.post("/events/filter", &body).await?;
        Ok(page.events.into_iter().next())
    }

    /// Reads all events that match the filter, newest first.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn filter_events(&self, filter: &EventFilter) -> Result<Vec<StoredEvent>, Error> {
        let mut page: Page = self.post("/events/filter", &filter.body()).await?;
        let mut events = page.events;
        while let Some(at) = page.next_page.as_deref().and_then(|url| url.find(NEXT)) {
            let url = page.next_page.unwrap_or_default();
            page = self.get(&url[at..]).await?;
            events.extend(page.events);
        }
        Ok(events)
    }
}
