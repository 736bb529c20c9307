//! The payload of an asset's event: how the run that built the asset went.

use std::collections::BTreeMap;

use dbt_events::Event;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asset_meta::Fields;
use crate::model::{NodeEnd, StateKind, TaskRun};

/// The payload: `node_info` of the node's last event (as in the Python runner), with the rows affected, the execution time
/// in seconds, the results of unit tests that ran before it, and dbt's message if it failed.
pub(super) fn payload(
    task: &TaskRun,
    end: &NodeEnd,
    event: Option<&Event<'_>>,
    tests: BTreeMap<String, String>,
) -> Fields {
    let mut fields = event
        .and_then(|event| node_info(event, &task.unique_id))
        .unwrap_or_else(|| from_effect(task, end));
    let mut add = |name: &str, value: Value| {
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    };
    let response = end.result.adapter_response.as_ref();
    add(
        "rows_affected",
        response.map_or(Value::Null, |response| response["rows_affected"].clone()),
    );
    add("execution_time", json!(end.result.execution_time));
    if !tests.is_empty() {
        add("tests", json!(tests));
    }
    if end.state.kind == StateKind::Failed {
        add("error", json!(end.result.message));
    }
    fields
}

/// `node_info` of the event, if it is about this node.
fn node_info(event: &Event<'_>, unique_id: &str) -> Option<Fields> {
    #[derive(Deserialize)]
    struct Data {
        node_info: Fields,
    }
    event
        .data::<Data>()
        .map(|data| data.node_info)
        .filter(|info| info.get("unique_id").and_then(Value::as_str) == Some(unique_id))
}

/// The same fields as far as they are known, for nodes whose last event is missing.
fn from_effect(task: &TaskRun, end: &NodeEnd) -> Fields {
    let fields = [
        ("node_name", json!(end.result.name)),
        ("unique_id", json!(end.result.unique_id)),
        ("resource_type", json!(end.result.resource_type)),
        ("materialized", json!(task.labels.get("dbt.materialized"))),
        ("node_status", json!(end.result.status)),
        ("node_started_at", json!(as_dbt_writes(task.start_time))),
        ("node_finished_at", json!(as_dbt_writes(end.end_time))),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// UTC without an offset.
fn as_dbt_writes(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}
