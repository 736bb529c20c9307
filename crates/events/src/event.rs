//! A line of dbt's log, decoded as far as anyone asks.

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
pub enum Line<'a> {
    /// An event of the structured log.
    Event(Event<'a>),
    /// Anything else: prints of Python models and adapters, usage errors.
    Text(&'a str),
}

/// An event of dbt's structured log. The header is decoded, `data` when it is asked for.
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

/// Decodes a line. Allocates only for names that hold escapes, which dbt's do not.
pub fn decode(line: &str) -> Line<'_> {
    Event::decode(line).map_or(Line::Text(line), Line::Event)
}

impl<'a> Event<'a> {
    fn decode(line: &'a str) -> Option<Self> {
        // Most lines that are no events are found out without a parser.
        if !line.trim_start().starts_with('{') {
            return None;
        }
        let Envelope { info, data } = serde_json::from_str(line).ok()?;
        Some(Self {
            name: EventName::from_name(&info.name),
            level: Level::from_name(&info.level),
            ts: parse_timestamp(&info.ts)?,
            // Inside of a string the quotes would be escaped, so this finds keys only.
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

    /// Which event it is.
    pub fn name(&self) -> EventName {
        self.name
    }

    /// Its name as dbt wrote it.
    pub fn raw_name(&self) -> &str {
        &self.raw_name
    }

    /// Its level.
    pub fn level(&self) -> Level {
        self.level
    }

    /// When dbt wrote it.
    pub fn ts(&self) -> Timestamp {
        self.ts
    }

    /// Id of the invocation of dbt.
    pub fn invocation_id(&self) -> &str {
        &self.invocation_id
    }

    /// Thread of dbt that wrote it.
    pub fn thread(&self) -> &str {
        &self.thread
    }

    /// The text for people. It may hold ANSI sequences, see [`strip_ansi`](crate::strip_ansi).
    pub fn message(&self) -> Cow<'a, str> {
        let text = self
            .message
            .and_then(|raw| serde_json::from_str::<Text<'a>>(raw.get()).ok());
        text.unwrap_or_default().0
    }

    /// Whether it is about a node; cheap.
    pub fn has_node(&self) -> bool {
        self.has_node
    }

    /// The node that it is about.
    pub fn node_info(&self) -> Option<NodeInfo<'a>> {
        if !self.has_node {
            return None;
        }
        self.data::<NodeOnly<'a>>()?
            .node_info
            .filter(|node| !node.unique_id.is_empty())
    }

    /// `data` in the form that the caller expects by the event's name; `None` when it does not have that form.
    pub fn data<T: Deserialize<'a>>(&self) -> Option<T> {
        serde_json::from_str(self.data?.get()).ok()
    }
}
