//! Nodes and their results, as events contain them.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{text::Text, time::parse_timestamp};

/// `data.node_info`: the node of an event.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NodeInfo<'a> {
    /// The unique id of the node: `model.shop.orders`.
    #[serde(borrow)]
    pub unique_id: Text<'a>,
    /// The name of the node.
    pub node_name: Text<'a>,
    /// The path of its file, relative to the folder of its resource type.
    pub node_path: Text<'a>,
    /// The resource type: `model`, `test`, `operation`, ...
    pub resource_type: Text<'a>,
    /// The materialization: `table`, `view`, `ephemeral`, `test`, ...; empty for sources.
    pub materialized: Text<'a>,
    /// The phase of the node, such as `compiling`. It is **not** the result: see [`RunResult::status`].
    pub node_status: Text<'a>,
    /// When the node started (UTC); in the events of a batch, when the batch started.
    #[serde(deserialize_with = "timestamp")]
    pub node_started_at: Option<Timestamp>,
    /// When the node ended (UTC); none while it runs.
    #[serde(deserialize_with = "timestamp")]
    pub node_finished_at: Option<Timestamp>,
    /// The relation that the node builds.
    pub node_relation: Option<NodeRelation<'a>>,
}

/// The relation that a node builds: where it is in the database.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NodeRelation<'a> {
    /// The database.
    #[serde(borrow)]
    pub database: Text<'a>,
    /// The schema.
    pub schema: Text<'a>,
    /// The name of the relation within the schema.
    pub alias: Text<'a>,
    /// The full name, quoted by the adapter; empty if the node builds no relation.
    pub relation_name: Text<'a>,
}

/// `data.run_result`: the result of a node. dbt 2 sets only `status`, `execution_time` and `num_failures`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunResult<'a> {
    /// The status: `success`, `error`, `skipped`, `pass`, `fail`, `warn`, `partial success`, `runtime error`, ...
    #[serde(borrow)]
    pub status: Text<'a>,
    /// dbt's message; empty if there is none.
    pub message: Text<'a>,
    /// How long the node ran, in seconds.
    #[serde(deserialize_with = "seconds")]
    pub execution_time: Option<f64>,
    /// The number of rows that failed a test. dbt writes 0 for other nodes.
    #[serde(deserialize_with = "count")]
    pub num_failures: Option<i64>,
    /// The name of the worker thread.
    pub thread: Text<'a>,
    #[serde(serialize_with = "parsed")]
    adapter_response: Option<&'a RawValue>,
    /// When the node was compiled and executed.
    pub timing_info: Vec<Timing<'a>>,
}

impl<'a> RunResult<'a> {
    /// The response of the adapter, as JSON text; `None` if it is empty.
    pub fn adapter_response(&self) -> Option<&'a str> {
        self.adapter_response
            .map(RawValue::get)
            .filter(|text| !matches!(*text, "{}" | "null"))
    }
}

/// The start and end of a phase of a node's run.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Timing<'a> {
    /// The phase: `compile` or `execute`.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// When the phase started (UTC).
    #[serde(deserialize_with = "timestamp")]
    pub started_at: Option<Timestamp>,
    /// When the phase ended (UTC).
    #[serde(deserialize_with = "timestamp")]
    pub completed_at: Option<Timestamp>,
}

pub(crate) fn timestamp<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(parse_timestamp(&Text::deserialize(from)?))
}

pub(crate) fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    Ok(Text::deserialize(from)?
        .parse()
        .ok()
        .filter(|seconds: &f64| seconds.is_finite()))
}

pub(crate) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(Text::deserialize(from)?.parse().ok())
}

pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(Text::deserialize(from)?.parse().ok())
}

/// Writes JSON text as its value, so that every format can hold it.
fn parsed<S: Serializer>(raw: &Option<&RawValue>, to: S) -> Result<S::Ok, S::Error> {
    let value = raw.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    value.serialize(to)
}

/// `data`, of which only the node is decoded.
#[derive(Deserialize)]
pub(crate) struct NodeOnly<'a> {
    #[serde(borrow, default)]
    pub(crate) node_info: Option<NodeInfo<'a>>,
}
