//! A line of dbt's log as an event. Fields are decoded when they are first read.

use std::borrow::Cow;

use jiff::Timestamp;
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    level::Level,
    name::EventName,
    node::{NodeInfo, NodeOnly},
    text::Text,
    time::parse_timestamp,
};

/// A line of dbt's standard output.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "a line is an event or is not")]
pub enum Line<'a> {
    /// An event of the structured log.
    Event(Event<'a>),
    /// Anything else: prints of Python models and adapters, usage errors.
    Text(&'a str),
}

/// An event of dbt's structured log. The header is decoded; `data` is decoded when it is read.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    name: EventName,
    level: Level,
    ts: Timestamp,
    raw_name: Text<'a>,
    invocation_id: Text<'a>,
    thread: Text<'a>,
    message: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
    has_node: bool,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    info: Info<'a>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    ts: Text<'a>,
    #[serde(default)]
    level: Text<'a>,
    #[serde(default)]
    invocation_id: Text<'a>,
    #[serde(default)]
    thread: Text<'a>,
    #[serde(default)]
    msg: Option<&'a RawValue>,
}

/// Decodes a line. Allocates only for names that contain escapes, and the names that dbt writes contain none.
pub fn decode(line: &str) -> Line<'_> {
    Event::decode(line).map_or(Line::Text(line), Line::Event)
}

impl<'a> Event<'a> {
    fn decode(line: &'a str) -> Option<Self> {
        // This finds most lines that are not events without a JSON parser.
        if !line.trim_start().starts_with('{') {
            return None;
        }
        let Envelope { info, data } = serde_json::from_str(line).ok()?;
        Some(Self {
            name: EventName::from_name(&info.name),
            level: Level::from_name(&info.level),
            ts: parse_timestamp(&info.ts)?,
            // Within a JSON string the quotes would be escaped, so this matches keys only.
            has_node: data.is_some_and(|data| {
                memmem::find(data.get().as_bytes(), b"\"node_info\"").is_some()
            }),
            raw_name: info.name,
            invocation_id: info.invocation_id,
            thread: info.thread,
            message: info.msg,
            data,
        })
    }

    /// The name of the event (`info.name`).
    #[must_use]
    pub fn name(&self) -> EventName {
        self.name
    }

    /// The name of the event as text, also for an event that [`EventName`] does not list.
    #[must_use]
    pub fn raw_name(&self) -> &str {
        &self.raw_name
    }

    /// The log level of the event.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// When dbt wrote the event (`info.ts`, UTC).
    #[must_use]
    pub fn ts(&self) -> Timestamp {
        self.ts
    }

    /// The id of the dbt invocation: a UUID, the same for all events of a run.
    #[must_use]
    pub fn invocation_id(&self) -> &str {
        &self.invocation_id
    }

    /// The name of the dbt thread that wrote the event: `MainThread`, `Thread-1 (worker)`, ...
    #[must_use]
    pub fn thread(&self) -> &str {
        &self.thread
    }

    /// The message. It may contain ANSI sequences: see [`strip_ansi`](crate::strip_ansi).
    #[must_use]
    pub fn message(&self) -> Cow<'a, str> {
        let text = self
            .message
            .and_then(|raw| serde_json::from_str::<Text<'a>>(raw.get()).ok());
        text.unwrap_or_default().0
    }

    /// Whether the event has a `node_info`. Does not decode it.
    #[must_use]
    pub fn has_node(&self) -> bool {
        self.has_node
    }

    /// The node of the event (`data.node_info`).
    #[must_use]
    pub fn node_info(&self) -> Option<NodeInfo<'a>> {
        if !self.has_node {
            return None;
        }
        self.data::<NodeOnly<'a>>()?
            .node_info
            .filter(|node| !node.unique_id.is_empty())
    }

    /// `data`, decoded as the payload type that belongs to the name of the event; `None` if it has another form.
    #[must_use]
    pub fn data<T: Deserialize<'a>>(&self) -> Option<T> {
        serde_json::from_str(self.data?.get()).ok()
    }
}
