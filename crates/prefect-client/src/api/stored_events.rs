//! Reading events back.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Resource;
use crate::client::Client;
use crate::error::Error;

/// Most events of a page.
const PAGE: u32 = 50;
/// Where further pages are read; the server hands out whole URLs, whose host may be one that only it knows.
const NEXT: &str = "/events/filter/next";

/// An event that the server holds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct StoredEvent {
    /// Its id.
    pub id: Uuid,
    /// When it happened.
    pub occurred: Timestamp,
    /// What happened.
    pub event: String,
    /// What it happened to.
    pub resource: Resource,
    /// What else it concerns.
    #[serde(default)]
    pub related: Vec<Resource>,
    /// Anything else.
    #[serde(default)]
    pub payload: Map<String, Value>,
}

/// Which events to read. An empty list selects nothing by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventFilter {
    /// Of these ids; more than fifty make the answer come in pages.
    pub ids: Vec<Uuid>,
    /// Whose names begin so.
    pub prefixes: Vec<String>,
    /// That happened to these resources.
    pub resource_ids: Vec<String>,
    /// That concern these resources.
    pub related_ids: Vec<String>,
}

impl EventFilter {
    fn body(&self) -> Value {
        let mut filter = Map::new();
        for (name, key, values) in [
            ("event", "prefix", &self.prefixes),
            ("resource", "id", &self.resource_ids),
            ("related", "id", &self.related_ids),
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

impl Client {
    /// Reads all events that the filter lets through, the youngest first.
    ///
    /// # Errors
    /// As every call.
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
