//! The JSON of a journal's header. Journals of earlier versions must stay readable.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::journal_entry::Header;
use crate::model::{DbtStart, ExistingFlowRun, FlowRunRef, NewFlowRun, Ownership};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredHeader {
    format: u32,
    run_id: Uuid,
    attempt: u32,
    created: Timestamp,
    args: Vec<String>,
    flow: StoredFlowRun,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    api: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<DbtStart>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    part: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredFlowRun {
    Existing { flow_run_id: Uuid, own_states: bool },
    Create(StoredNewFlowRun),
    Nowhere(StoredNewFlowRun),
}

#[derive(Serialize, Deserialize)]
struct StoredNewFlowRun {
    /// The same as that of the header, which the first versions did not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Uuid>,
    #[serde(default)]
    flow_name: Option<String>,
    flow_run_name: String,
    #[serde(default)]
    tags: Vec<String>,
}

impl From<StoredHeader> for Header {
    fn from(stored: StoredHeader) -> Self {
        let (flow, key) = match stored.flow {
            StoredFlowRun::Existing {
                flow_run_id,
                own_states,
            } => {
                let ownership = Ownership::owned_if(own_states);
                let run = ExistingFlowRun::new(flow_run_id, ownership);
                (FlowRunRef::Existing(run), None)
            }
            StoredFlowRun::Create(new) => {
                let key = new.key;
                (FlowRunRef::ToCreate(new.into()), key)
            }
            StoredFlowRun::Nowhere(new) => {
                let key = new.key;
                (FlowRunRef::NotReported(new.into()), key)
            }
        };
        Self {
            format: stored.format,
            run_id: stored.run_id,
            attempt: stored.attempt,
            created: stored.created,
            args: stored.args,
            flow,
            key: key.or(stored.key),
            api: stored.api,
            start: stored.start,
            is_part: stored.part,
        }
    }
}

impl From<Header> for StoredHeader {
    fn from(header: Header) -> Self {
        let key = header.key;
        let stored = |new: NewFlowRun| StoredNewFlowRun {
            key,
            flow_name: new.flow_name,
            flow_run_name: new.flow_run_name,
            tags: new.tags,
        };
        Self {
            format: header.format,
            run_id: header.run_id,
            attempt: header.attempt,
            created: header.created,
            args: header.args,
            flow: match header.flow {
                FlowRunRef::Existing(run) => StoredFlowRun::Existing {
                    flow_run_id: run.id,
                    own_states: run.is_owned(),
                },
                FlowRunRef::ToCreate(new) => StoredFlowRun::Create(stored(new)),
                FlowRunRef::NotReported(new) => StoredFlowRun::Nowhere(stored(new)),
            },
            key,
            api: header.api,
            start: header.start,
            part: header.is_part,
        }
    }
}

impl From<StoredNewFlowRun> for NewFlowRun {
    fn from(stored: StoredNewFlowRun) -> Self {
        Self {
            flow_name: stored.flow_name,
            flow_run_name: stored.flow_run_name,
            tags: stored.tags,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers as earlier versions wrote them, with what they mean.
    #[test]
    fn headers_of_earlier_versions_can_be_read_and_are_written_in_the_same_way() {
        let (run, first, flow_run) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let start = format!(
            r#"{{"format":1,"run_id":"{run}","attempt":2,"created":"2026-01-01T00:00:00Z","args":["build"],"flow":"#
        );
        let names = r#""flow_name":"dbt build","flow_run_name":"calm-otter","tags":["a"]"#;
        let new = NewFlowRun {
            flow_name: Some("dbt build".to_owned()),
            flow_run_name: "calm-otter".to_owned(),
            tags: vec!["a".to_owned()],
        };
        let cases = [
            (
                format!(
                    r#"{{"existing":{{"flow_run_id":"{flow_run}","own_states":false}}}},"key":"{first}"}}"#
                ),
                FlowRunRef::Existing(ExistingFlowRun::attached(flow_run)),
                first,
            ),
            (
                format!(r#"{{"create":{{"key":"{first}",{names}}}}},"key":"{first}"}}"#),
                FlowRunRef::ToCreate(new.clone()),
                first,
            ),
            (
                format!(r#"{{"nowhere":{{{names}}}}},"api":"http://prefect/api"}}"#),
                FlowRunRef::NotReported(new),
                run,
            ),
        ];
        for (end, flow, first_attempt) in cases {
            let json = format!("{start}{end}");
            let header: Header = serde_json::from_str(&json).expect("a header");
            assert_eq!(
                (&header.flow, header.first_attempt()),
                (&flow, first_attempt)
            );
            assert_eq!(serde_json::to_string(&header).expect("JSON"), json);
        }
        let oldest = r#"{"nowhere":{"flow_run_name":"calm-otter"}}}"#;
        let header: Header = serde_json::from_str(&format!("{start}{oldest}")).expect("a header");
        assert!(!header.flow.is_reported());
    }
}
