//! The lines of a journal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{Effect, FlowTarget};

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Entry {
    /// The first line: whose run this is.
    Header(Box<Header>),
    /// Something that happened in the run.
    Effect(Box<Effect>),
}

/// The first line of a journal: everything that is known before dbt starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Header {
    /// Version of the journal's format; this crate writes [`JOURNAL_FORMAT`].
    pub format: u32,
    /// Identity of the invocation (UUIDv7): name of the journal and idempotency key of a flow run made for it.
    pub run_id: Uuid,
    /// Which attempt of its flow run this invocation is, from 1.
    pub attempt: u32,
    /// When the invocation began, by our clock.
    pub created: Timestamp,
    /// dbt's arguments as the user gave them.
    pub args: Vec<String>,
    /// The flow run that the invocation reports to.
    pub flow: FlowTarget,
    /// The run id of the flow run's first attempt, of a later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Uuid>,
    /// The URL of the API that it reports to, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
}

/// The format that [`Header::format`] names.
pub const JOURNAL_FORMAT: u32 = 1;
