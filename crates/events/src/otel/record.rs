//! A line as a record. Its attributes are decoded when they are read.

use std::borrow::Cow;

use jiff::Timestamp;
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{level::Level, text::Text};

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// The start of a span.
    SpanStart,
    /// The end of a span.
    SpanEnd,
    /// A log line.
    LogRecord,
}

/// The event type of a record, without its prefix. Those that no program reacts to are [`RecordName::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordName {
    /// Span of the run of dbt.
    Invocation,
    /// Span of a phase of the run.
    PhaseExecuted,
    /// Span of a node.
    NodeProcessed,
    /// Span of a phase of a node.
    NodeEvaluated,
    /// Span of a SQL hook.
    HookProcessed,
    /// Span of the writing of an artifact.
    ArtifactWritten,
    /// Log line of dbt.
    LogMessage,
    /// Log line of the project: `log()` or `print()`.
    UserLogMessage,
    /// Log line about the progress.
    ProgressMessage,
    /// Output of the command: of `ls`, `show` or `compile`.
    Output,
    /// Any other record.
    Other,
}

impl RecordName {
    fn from_type(event_type: &str) -> Self {
        let name = event_type.rsplit('.').next().unwrap_or_default();
        match name {
            "Invocation" => Self::Invocation,
            "PhaseExecuted" => Self::PhaseExecuted,
            "NodeProcessed" => Self::NodeProcessed,
            "NodeEvaluated" => Self::NodeEvaluated,
            "HookProcessed" => Self::HookProcessed,
            "ArtifactWritten" => Self::ArtifactWritten,
            "LogMessage" => Self::LogMessage,
            "UserLogMessage" => Self::UserLogMessage,
            "ProgressMessage" => Self::ProgressMessage,
            "ListItemOutput" | "ShowDataOutput" | "CompiledCode" | "CompiledCodeInline" => {
                Self::Output
            }
            _ => Self::Other,
        }
    }
}

/// A record of dbt 2's telemetry. The envelope is decoded; the attributes are decoded when they are read.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    kind: RecordKind,
    name: RecordName,
    level: Level,
    time: Timestamp,
    started: Option<Timestamp>,
    trace_id: Text<'a>,
    is_failed: bool,
    body: Option<&'a RawValue>,
    attributes: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    record_type: Text<'a>,
    event_type: Text<'a>,
    #[serde(default)]
    trace_id: Text<'a>,
    #[serde(default)]
    severity_number: Text<'a>,
    #[serde(default)]
    start_time_unix_nano: Text<'a>,
    #[serde(default)]
    end_time_unix_nano: Text<'a>,
    #[serde(default)]
    time_unix_nano: Text<'a>,
    #[serde(default)]
    status: Option<&'a RawValue>,
    #[serde(default)]
    body: Option<&'a RawValue>,
    #[serde(default)]
    attributes: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct Status<'a> {
    #[serde(borrow, default)]
    code: Text<'a>,
}

impl<'a> Record<'a> {
    /// Decodes a line; `None` if it is not a record. The attributes are not looked at.
    pub fn decode(line: &'a str) -> Option<Self> {
        // This finds most lines that are not records without a JSON parser.
        let has_type = || memmem::find(line.as_bytes(), b"\"record_type\"").is_some();
        if !line.trim_start().starts_with('{') || !has_type() {
            return None;
        }
        let envelope: Envelope<'_> = serde_json::from_str(line).ok()?;
        let started = time(&envelope.start_time_unix_nano);
        let (kind, at) = match &*envelope.record_type {
            "SpanStart" => (RecordKind::SpanStart, started),
            "SpanEnd" => (RecordKind::SpanEnd, time(&envelope.end_time_unix_nano)),
            "LogRecord" => (RecordKind::LogRecord, time(&envelope.time_unix_nano)),
            _ => return None,
        };
        let status = envelope.status.map(RawValue::get);
        let status: Option<Status<'_>> = status.and_then(|text| serde_json::from_str(text).ok());
        Some(Self {
            kind,
            name: RecordName::from_type(&envelope.event_type),
            level: level(&envelope.severity_number),
            time: at?,
            started,
            trace_id: envelope.trace_id,
            is_failed: status.is_some_and(|status| &*status.code == "2"),
            body: envelope.body,
            attributes: envelope.attributes,
        })
    }

    /// What the record is about.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        self.kind
    }

    /// The event type.
    #[must_use]
    pub fn name(&self) -> RecordName {
        self.name
    }

    /// The level; spans have one, too.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// When the span started or ended, or when the line was logged (UTC, truncated to microseconds).
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// When the span started; `None` for a log line.
    #[must_use]
    pub fn started(&self) -> Option<Timestamp> {
        self.started
    }

    /// The id of the trace: that of the invocation, without its hyphens. The same for all records of a run.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// Whether the record is of this invocation, by its id in the form of a UUID.
    #[must_use]
    pub fn is_of(&self, invocation_id: &str) -> bool {
        let id = invocation_id.bytes().filter(|byte| *byte != b'-');
        id.eq(self.trace_id.bytes())
    }

    /// The id of the invocation as a UUID, in the form of dbt's JSON log; `None` if the trace has no such id.
    #[must_use]
    pub fn invocation_id(&self) -> Option<String> {
        let id = self.trace_id();
        let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let parts = is_id.then(|| [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]]);
        parts.map(|parts| parts.join("-"))
    }

    /// Whether the span ended with an error (`status.code` 2).
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.is_failed
    }

    /// The text of a log line. It may contain ANSI sequences: see [`strip_ansi`](crate::strip_ansi).
    #[must_use]
    pub fn body(&self) -> Cow<'a, str> {
        let text = self
            .body
            .and_then(|raw| serde_json::from_str::<Text<'a>>(raw.get()).ok());
        text.unwrap_or_default().0
    }

    /// The attributes, decoded as the type that belongs to the name of the record; `None` if they have another form.
    #[must_use]
    pub fn attributes<T: Deserialize<'a>>(&self) -> Option<T> {
        serde_json::from_str(self.attributes?.get()).ok()
    }
}

/// A number of nanoseconds since 1970, as text.
fn time(nanoseconds: &str) -> Option<Timestamp> {
    let microseconds = nanoseconds.parse::<i128>().ok()?.div_euclid(1000);
    Timestamp::from_microsecond(microseconds.try_into().ok()?).ok()
}

/// OpenTelemetry's number of a severity: 1 to 8 trace and debug, from 9 info, from 13 warn, from 17 error.
fn level(severity: &str) -> Level {
    match severity.parse::<u8>() {
        Ok(1..=8) => Level::Debug,
        Ok(13..=16) => Level::Warn,
        Ok(17..) => Level::Error,
        _ => Level::Info,
    }
}
