//! The JSON form of a hook's context.

use std::collections::BTreeMap;

use dbt_manifest::Node;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::value::RawValue;

use super::hook_context::DbtHookContext;

/// Version of the JSON form of [`DbtHookContext`], which hooks of the command line read from standard input. New keys do
/// not change the version; removing a key or changing its meaning does.
///
/// One JSON object. Each key is always present, and null if it does not apply:
///
/// | key | value |
/// | --- | --- |
/// | `schema_version` | this number |
/// | `event` | `run_start`, `post_model`, `post_node` or `run_end` |
/// | `command` | dbt's command: `build`, `source freshness` |
/// | `args` | dbt's arguments as the user gave them |
/// | `node` | after a node: its object in manifest.json |
/// | `node_id` | after a node: its unique_id |
/// | `status` | after a node: `success`, `error` or `skipped`; at the end: `success` or `error` |
/// | `result` | after a node: its report, see below; at the end: `{"success": true}` or `{"success": false}` |
/// | `run_results` | at the end: the report of each node that took part, by unique_id |
/// | `error` | after a node: dbt's message if it failed; at the end: dbt's own error if dbt could not run |
/// | `node_ids` | unique_ids: the nodes that are going to run, the node, or the nodes that took part |
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

/// The node's object in the manifest.
fn fields(node: &Node) -> BTreeMap<String, &RawValue> {
    let fields = node.fields();
    let names: Vec<String> = fields.iter().map(|(name, _)| name.to_owned()).collect();
    names
        .into_iter()
        .filter_map(|name| Some((name.clone(), fields.get(&name)?)))
        .collect()
}
