//! The JSON form of what a hook is told.

use std::collections::BTreeMap;

use dbt_manifest::Node;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::value::RawValue;

use super::context::DbtHookContext;

/// Version of the JSON form of [`DbtHookContext`], which hooks of the command line read on their standard input.
/// New keys may come within a version; a key that goes or changes its meaning makes a new one.
///
/// One JSON object. Every key is always there, and null where there is nothing to say:
///
/// | key | value |
/// | --- | --- |
/// | `schema_version` | this number |
/// | `event` | `run_start`, `post_model`, `post_node` or `run_end` |
/// | `command` | dbt's command: `build`, `source freshness` |
/// | `args` | dbt's arguments as they were given |
/// | `node` | after a node: its object in manifest.json |
/// | `node_id` | after a node: its unique_id |
/// | `status` | after a node: `success`, `error` or `skipped`; at the end: `success` or `error` |
/// | `result` | after a node: a report of it, as below; at the end: `{"success": true}` or `{"success": false}` |
/// | `run_results` | at the end: the report of each node that took part, by unique_id |
/// | `error` | after a node: dbt's message if it failed; at the end: dbt's own error if it could not do its work |
/// | `node_ids` | unique_ids: what is going to run, the node, or what took part |
/// | `flow` | the flow run: `flow_run_id`, `name`, `run_count`, `parameters` |
///
/// The report of a node has the keys `status` (dbt's own), `message`, `execution_time` (seconds), `failures`,
/// `adapter_response`, `state` (Prefect's), `started_at`, `finished_at` and `skipped_because_of` (a unique_id).
pub const HOOK_CONTEXT_VERSION: u32 = 1;

impl Serialize for DbtHookContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("DbtHookContext", 12)?;
        object.serialize_field("schema_version", &HOOK_CONTEXT_VERSION)?;
        object.serialize_field("event", &self.event)?;
        object.serialize_field("command", &self.command)?;
        object.serialize_field("args", &self.args)?;
        object.serialize_field("node", &self.node().map(fields))?;
        object.serialize_field("node_id", &self.node_id)?;
        object.serialize_field("status", &self.status)?;
        object.serialize_field("result", &self.result)?;
        object.serialize_field("run_results", &self.run_results)?;
        object.serialize_field("error", &self.error)?;
        object.serialize_field("node_ids", &self.node_ids)?;
        object.serialize_field("flow", &self.flow)?;
        object.end()
    }
}

/// The node's object, as it stands in the manifest.
fn fields(node: &Node) -> BTreeMap<String, &RawValue> {
    let fields = node.fields();
    let names: Vec<String> = fields.iter().map(|(name, _)| name.to_owned()).collect();
    names
        .into_iter()
        .filter_map(|name| Some((name.clone(), fields.get(&name)?)))
        .collect()
}
