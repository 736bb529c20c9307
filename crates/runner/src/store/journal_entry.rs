//! The lines of a journal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::stored_header::StoredHeader;
use crate::model::{Effect, FlowRunRef};

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Entry {
    /// The first line.
    Header(Box<Header>),
    /// Something that happened in the run.
    Effect(Box<Effect>),
}

/// The first line of a journal: what is known before dbt starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredHeader", into = "StoredHeader")]
#[non_exhaustive]
pub struct Header {
    /// Version of the format of the journal; this crate writes [`JOURNAL_FORMAT`].
    pub format: u32,
    /// Id of the invocation (UUIDv7): the name of the journal.
    pub run_id: Uuid,
    /// Number of the attempt of its flow run, from 1.
    pub attempt: u32,
    /// When the invocation started, by the clock of this machine.
    pub created: Timestamp,
    /// dbt's arguments as the user gave them.
    pub args: Vec<String>,
    /// The flow run that the invocation reports to.
    pub flow: FlowRunRef,
    /// The run id of the first attempt of the flow run; `None` if this is the first.
    pub key: Option<Uuid>,
    /// The URL of the API that it reports to, without credentials.
    pub api: Option<String>,
}

impl Header {
    /// The run id of the first attempt of the flow run: the idempotency key of a flow run that is created.
    #[must_use]
    pub fn first_attempt(&self) -> Uuid {
        self.key.unwrap_or(self.run_id)
    }
}

/// The format that [`Header::format`] names.
pub const JOURNAL_FORMAT: u32 = 1;
