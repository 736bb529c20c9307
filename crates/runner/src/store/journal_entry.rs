//! The lines of a journal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::stored_header::StoredHeader;
use crate::model::{DbtStart, Effect, FlowRunRef};

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
    /// Version of the format of the journal; this crate writes 1.
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
    /// How dbt is started; `None` if it is not, or if an earlier version wrote the journal.
    pub start: Option<DbtStart>,
    /// Whether it is one of several invocations of a flow, which has a journal of its own for the states of the flow run.
    pub is_part: bool,
}

impl Header {
    /// The run id of the first attempt of the flow run: the idempotency key of a flow run that is created.
    #[must_use]
    pub fn first_attempt(&self) -> Uuid {
        self.key.unwrap_or(self.run_id)
    }

    /// The header of a run that is not reported, and of which nothing is known.
    #[cfg(test)]
    pub(crate) fn for_test() -> Self {
        let names = crate::model::NewFlowRun {
            flow_name: None,
            flow_run_name: String::new(),
            tags: Vec::new(),
        };
        Self {
            format: JOURNAL_FORMAT,
            run_id: Uuid::nil(),
            api: None,
            start: None,
            is_part: false,
            attempt: 1,
            key: None,
            created: Timestamp::UNIX_EPOCH,
            args: Vec::new(),
            flow: FlowRunRef::NotReported(names),
        }
    }
}

/// The format that [`Header::format`] names.
pub(crate) const JOURNAL_FORMAT: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AssetEventKind, Level, NodeStatus};

    /// Lines as the first versions of the format hold them, with plain texts and numbers.
    const NODE: &str = r#"{"effect":{"node_finished":[{"id":"00000000-0000-0000-0000-000000000001","unique_id":"model.shop.a","dynamic_key":"r#1","name":"model a","start_time":"1970-01-01T00:00:00Z","wait_for":[],"labels":{}},{"state":{"type":"FAILED","name":"Failed","message":null},"end_time":"1970-01-01T00:00:00Z","result":{"unique_id":"model.shop.a","resource_type":"model","name":"a","status":"partial success","message":null,"execution_time":null,"failures":null,"adapter_response":null,"skipped_because_of":null}}]}}"#;
    const LOG: &str =
        r#"{"effect":{"log":{"at":"1970-01-01T00:00:00Z","level":30,"message":"m","task":null}}}"#;
    const ASSET: &str = r#"{"effect":{"asset":{"id":"00000000-0000-0000-0000-000000000001","happening":"referenced","at":"1970-01-01T00:00:00Z","asset":{"key":"duckdb://a","name":"a","description":null,"owners":[],"url":null},"task":{"id":"00000000-0000-0000-0000-000000000002","name":"model a"},"upstream":[],"payload":{}}}}"#;

    #[test]
    fn lines_of_the_first_version_are_read_and_written_the_same() {
        for line in [NODE, LOG, ASSET] {
            let entry: Entry = serde_json::from_str(line).unwrap();
            assert_eq!(serde_json::to_string(&entry).unwrap(), line);
            let Entry::Effect(effect) = entry else {
                panic!("not an effect");
            };
            match *effect {
                Effect::NodeFinished(_, end) => {
                    assert_eq!(end.result.status, NodeStatus::PartialSuccess);
                }
                Effect::Log(line) => assert_eq!(line.level, Level::Warning),
                Effect::Asset(event) => assert_eq!(event.kind, AssetEventKind::Referenced),
                effect => panic!("{effect:?}"),
            }
        }
    }
}
