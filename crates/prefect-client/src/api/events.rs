//! Events, and the rules that they must follow.
//!
//! A server accepts a malformed event with a success status, and then fails to process it again and again, which delays all
//! other events. Therefore only a [`ValidEvent`] can be sent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reqwest::Method;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::client::Client;
use crate::error::Error;

/// The labels of a resource. All values are strings.
pub type Resource = BTreeMap<String, String>;

/// An event: something that happened to a resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The id. The server drops an event whose id it received within the last five minutes.
    pub id: Uuid,
    /// When the event happened.
    pub occurred: Timestamp,
    /// The name of the event, such as `prefect.flow-run.heartbeat`.
    pub event: String,
    /// The resource that it happened to. The label `prefect.resource.id` is required.
    pub resource: Resource,
    /// Related resources. Each requires the labels `prefect.resource.id` and `prefect.resource.role`.
    pub related: Vec<Resource>,
    /// Any other data.
    pub payload: Value,
}

impl Event {
    /// An event that happened to a resource, without related resources and payload.
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

    /// Checks all rules whose violation the server cannot handle, and serialises the event.
    ///
    /// # Errors
    /// The first rule that is violated.
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
                return Some(format!("a resource has more than {MAX_LABELS} labels"));
            }
            if label(resource, "prefect.resource.id").is_none() {
                return Some("a resource has no id".to_owned());
            }
        }
        if self
            .related
            .iter()
            .any(|resource| label(resource, "prefect.resource.role").is_none())
        {
            return Some("a related resource has no role".to_owned());
        }
        let reports_task_run = self.event.starts_with("prefect.task-run")
            && label(&self.resource, "prefect.orchestration") == Some("client");
        reports_task_run.then(|| self.task_run_problem()).flatten()
    }

    /// Checks what the server's recorder of task runs requires.
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
            return Some("no related flow run with a UUID".to_owned());
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
            _ => Some("payload.validated_state.type is not a state type".to_owned()),
        }
    }
}

setters! {
    Event {
        list with_related(related: Resource);
        set with_payload(payload: Value);
    }
}

/// Maximum length of an event's JSON, in bytes.
const MAX_BYTES: usize = 1_500_000;
/// Maximum length of an event's name, in characters.
const MAX_NAME: usize = 1024;
/// Maximum number of related resources of an event.
const MAX_RELATED: usize = 100;
/// Maximum number of labels of a resource.
const MAX_LABELS: usize = 500;
/// The state types that the recorder knows.
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

/// A checked event, as its JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct ValidEvent {
    json: Box<RawValue>,
    #[serde(skip)]
    id: Uuid,
}

impl ValidEvent {
    /// The id of the event.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The JSON of the event.
    #[must_use]
    pub fn json(&self) -> &str {
        self.json.get()
    }
}

/// An event that violates a rule and must not be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid event {event} ({id}): {problem}")]
#[non_exhaustive]
pub struct InvalidEvent {
    /// The name of the event.
    pub event: String,
    /// The id of the event.
    pub id: Uuid,
    /// The rule that it violates.
    pub problem: String,
}

impl Client {
    /// Sends events. Success means that they are in the server's queue, not that they are recorded.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn create_events(&self, events: &[ValidEvent]) -> Result<(), Error> {
        // The ids make a retry harmless.
        self.submit(Method::POST, "/events", &events, true).await
    }
}

#[cfg(test)]
mod tests;
