//! The JSON form of a hook's context.

use std::collections::BTreeMap;

use std::sync::Arc;

use dbt_manifest::{Manifest, Node};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::value::RawValue;

use super::hook_context::{DbtHookContext, HookEvent, HookResult, HookStatus};
use super::node_report::NodeReport;
use crate::request::FlowContext;

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
/// | `flow` | if the run is reported, the flow run: `flow_run_id` and `name` (null until it exists), `run_count`, `parameters` |
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

/// The JSON form as it is read.
#[derive(serde::Deserialize)]
struct ContextShape {
    schema_version: u32,
    event: HookEvent,
    command: String,
    args: Vec<String>,
    node: Option<Box<RawValue>>,
    node_id: Option<String>,
    status: Option<HookStatus>,
    result: Option<HookResult>,
    run_results: Option<BTreeMap<String, NodeReport>>,
    error: Option<String>,
    node_ids: Vec<String>,
    flow: Option<FlowContext>,
}

impl<'de> Deserialize<'de> for DbtHookContext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shape = ContextShape::deserialize(deserializer)?;
        if shape.schema_version != HOOK_CONTEXT_VERSION {
            let found = shape.schema_version;
            return Err(D::Error::custom(format!(
                "schema_version is {found}, but this version of prefect-dbt reads {HOOK_CONTEXT_VERSION}"
            )));
        }
        let node = shape.node_id.as_deref().zip(shape.node.as_deref());
        let manifest = node.map(|(id, node)| manifest_of(id, node)).transpose();
        Ok(Self {
            command: shape.command,
            args: shape.args,
            node_id: shape.node_id,
            status: shape.status,
            result: shape.result,
            run_results: shape.run_results,
            error: shape.error,
            node_ids: shape.node_ids,
            flow: shape.flow,
            manifest: manifest.map_err(D::Error::custom)?.map(Arc::new),
            ..Self::for_test(shape.event)
        })
    }
}

/// A manifest of this node alone.
fn manifest_of(unique_id: &str, node: &RawValue) -> Result<Manifest, dbt_manifest::Error> {
    let collection = match unique_id.split('.').next() {
        Some("source") => "sources",
        Some("unit_test") => "unit_tests",
        Some("function") => "functions",
        _ => "nodes",
    };
    let schema = "https://schemas.getdbt.com/dbt/manifest/v12.json";
    let id = serde_json::Value::from(unique_id);
    let text = format!(
        r#"{{"metadata": {{"dbt_schema_version": "{schema}"}}, "{collection}": {{{id}: {node}}}}}"#
    );
    Manifest::from_slice(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// Reads a context, and checks that it is written as it was.
    fn read(context: &DbtHookContext) -> DbtHookContext {
        let text = serde_json::to_string(context).unwrap();
        let read: DbtHookContext = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        read
    }

    #[test]
    fn a_context_is_read_as_it_is_written() {
        for id in ["model.shop.a", "source.shop.raw.a", "unit_test.shop.a.b"] {
            let node = format!(
                r#"{{"name": "a", "resource_type": "{}"}}"#,
                &id[..id.find('.').unwrap()]
            );
            let node = RawValue::from_string(node).unwrap();
            let manifest = Arc::new(manifest_of(id, &node).unwrap());
            let context = DbtHookContext::for_test(HookEvent::PostNode)
                .node_id(id)
                .report(NodeReport::for_test("partial success"))
                .flow_run(Uuid::from_u128(7), "calm-hare")
                .with_manifest(manifest);
            let read = read(&context);
            assert_eq!(&*read.node().unwrap().name, "a");
            assert_eq!(read.result, context.result);
            assert_eq!(read.flow, context.flow);
        }
        let end = DbtHookContext::for_test(HookEvent::RunEnd)
            .run_results([("model.shop.a", NodeReport::for_test("success"))])
            .status(HookStatus::Success);
        assert_eq!(read(&end).result, Some(HookResult::Run { success: true }));
        read(&DbtHookContext::for_test(HookEvent::RunStart));
    }

    #[test]
    fn a_context_of_another_version_is_refused() {
        let text = serde_json::to_string(&DbtHookContext::for_test(HookEvent::RunStart)).unwrap();
        let newer = text.replace(r#""schema_version":1"#, r#""schema_version":2"#);
        let error = serde_json::from_str::<DbtHookContext>(&newer).unwrap_err();
        let expected = "schema_version is 2, but this version of prefect-dbt reads 1";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
