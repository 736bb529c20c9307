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
    /// The first line: which run the journal is of.
    Header(Box<Header>),
    /// Something that happened in the run.
    Effect(Box<Effect>),
}

/// The first line of a journal: what is known before dbt starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Header {
    /// Version of the journal format; this crate writes [`JOURNAL_FORMAT`].
    pub format: u32,
    /// Id of the invocation (UUIDv7): name of the journal, and idempotency key of a flow run that is created for it.
    pub run_id: Uuid,
    /// Which attempt of its flow run this invocation is, from 1.
    pub attempt: u32,
    /// When the invocation started, by our clock.
    pub created: Timestamp,
    /// dbt's arguments as the user gave them.
    pub args: Vec<String>,
    /// The flow run that the invocation reports to.
    pub flow: FlowTarget,
    /// The run id of the flow run's first attempt; `None` in the first attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Uuid>,
    /// URL of the Prefect API, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
}

/// The version of the journal format that this crate writes.
pub const JOURNAL_FORMAT: u32 = 1;

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
