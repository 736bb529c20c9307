//! Events, and the rules that they must obey.
//!
//! A server takes a malformed event with a friendly status and then stumbles over it again and again, to the harm of
//! everybody's events. So only a [`ValidEvent`] can be sent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reqwest::Method;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::client::Client;
use crate::error::Error;

/// Labels of a resource; the server takes no values but strings.
pub type Resource = BTreeMap<String, String>;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// Its id. The server drops an id that it has seen within five minutes.
    pub id: Uuid,
    /// When it happened.
    pub occurred: Timestamp,
    /// What happened, as `prefect.flow-run.heartbeat`.
    pub event: String,
    /// What it happened to; `prefect.resource.id` is mandatory.
    pub resource: Resource,
    /// What else it concerns; each needs `prefect.resource.id` and `prefect.resource.role`.
    pub related: Vec<Resource>,
    /// Anything else.
    pub payload: Value,
}

impl Event {
    /// An event that happens to a resource.
    #[must_use]
    pub fn new(id: Uuid, occurred: Timestamp, event: &str, resource: Resource) -> Self {
        Self {
            id,
            occurred,
            event: event.to_owned(),
            resource,
            related: Vec::new(),
            payload: Value::Object(Map::new()),
        }
    }

    /// Checks every rule whose breach the server would not survive well, and writes the event down.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<ValidEvent, InvalidEvent> {
        let problem = self.problem();
        if let Some(problem) = problem {
            return Err(self.invalid(problem));
        }
        let json = serde_json::value::to_raw_value(self)
            .map_err(|error| self.invalid(error.to_string()))?;
        if json.get().len() > MAX_BYTES {
            return Err(self.invalid(format!("longer than {MAX_BYTES} bytes")));
        }
        Ok(ValidEvent { id: self.id, json })
    }

    fn invalid(&self, problem: String) -> InvalidEvent {
        InvalidEvent {
            event: self.event.chars().take(100).collect(),
            id: self.id,
            problem,
        }
    }

    fn problem(&self) -> Option<String> {
        if self.event.is_empty() || self.event.chars().count() > MAX_NAME {
            return Some(format!(
                "its name is empty or longer than {MAX_NAME} characters"
            ));
        }
        if self.related.len() > MAX_RELATED {
            return Some(format!("more than {MAX_RELATED} related resources"));
        }
        for resource in std::iter::once(&self.resource).chain(&self.related) {
            if resource.len() > MAX_LABELS {
                return Some(format!("a resource with more than {MAX_LABELS} labels"));
            }
            if label(resource, "prefect.resource.id").is_none() {
                return Some("a resource without an id".to_owned());
            }
        }
        if self
            .related
            .iter()
            .any(|resource| label(resource, "prefect.resource.role").is_none())
        {
            return Some("a related resource without a role".to_owned());
        }
        let reports_task_run = self.event.starts_with("prefect.task-run")
            && label(&self.resource, "prefect.orchestration") == Some("client");
        reports_task_run.then(|| self.task_run_problem()).flatten()
    }

    /// What the server's recorder of task runs needs.
    fn task_run_problem(&self) -> Option<String> {
        let id = label(&self.resource, "prefect.resource.id").unwrap_or_default();
        if !is_resource_of("prefect.task-run.", id) {
            return Some("the resource is not a task run with a UUID".to_owned());
        }
        let flow_run = self
            .related
            .iter()
            .filter(|resource| label(resource, "prefect.resource.role") == Some("flow-run"))
            .filter_map(|resource| label(resource, "prefect.resource.id"))
            .find(|id| !is_resource_of("prefect.flow-run.", id));
        if flow_run.is_some() {
            return Some("a related flow run without a UUID".to_owned());
        }
        let text = |pointer: &str| self.payload.pointer(pointer).and_then(Value::as_str);
        for pointer in [
            "/validated_state/name",
            "/task_run/task_key",
            "/task_run/dynamic_key",
        ] {
            if text(pointer).is_none_or(str::is_empty) {
                return Some(format!("payload{} is missing", pointer.replace('/', ".")));
            }
        }
        match text("/validated_state/type") {
            Some(kind) if STATE_TYPES.contains(&kind) => None,
            _ => Some("payload.validated_state.type is not a type of state".to_owned()),
        }
    }
}

/// Longest JSON of an event.
const MAX_BYTES: usize = 1_500_000;
/// Longest name of an event, in characters.
const MAX_NAME: usize = 1024;
/// Most related resources of an event.
const MAX_RELATED: usize = 100;
/// Most labels of a resource.
const MAX_LABELS: usize = 500;
/// The types of state that the recorder knows.
const STATE_TYPES: [&str; 9] = [
    "SCHEDULED",
    "PENDING",
    "RUNNING",
    "COMPLETED",
    "FAILED",
    "CANCELLED",
    "CRASHED",
    "PAUSED",
    "CANCELLING",
];

fn label<'a>(resource: &'a Resource, name: &str) -> Option<&'a str> {
    resource
        .get(name)
        .map(String::as_str)
        .filter(|text| !text.is_empty())
}

fn is_resource_of(prefix: &str, id: &str) -> bool {
    id.strip_prefix(prefix)
        .is_some_and(|id| Uuid::try_parse(id).is_ok())
}

/// An event that was found to be in order, as its JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct ValidEvent {
    json: Box<RawValue>,
    #[serde(skip)]
    id: Uuid,
}

impl ValidEvent {
    /// The event's id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The event as it is sent.
    #[must_use]
    pub fn json(&self) -> &str {
        self.json.get()
    }
}

/// An event that must not be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {event} ({id}) cannot be sent: {problem}")]
#[non_exhaustive]
pub struct InvalidEvent {
    /// Its name.
    pub event: String,
    /// Its id.
    pub id: Uuid,
    /// The rule that it breaks.
    pub problem: String,
}

impl Client {
    /// Publishes events. A good answer means that the server has them in its queue, not that it has recorded them.
    ///
    /// # Errors
    /// As every call.
    pub async fn create_events(&self, events: &[ValidEvent]) -> Result<(), Error> {
        // Ids make a repetition harmless.
        self.submit(Method::POST, "/events", &events, true).await
    }
}

#[cfg(test)]
mod tests;
