//! Nodes and their results, as events carry them.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::{text::Text, time::parse_timestamp};

/// `data.node_info`: the node that an event is about.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NodeInfo<'a> {
    /// dbt's unique_id.
    #[serde(borrow)]
    pub unique_id: Text<'a>,
    /// Name of the node.
    pub node_name: Text<'a>,
    /// Path of its file below the resource path.
    pub node_path: Text<'a>,
    /// `model`, `test`, `operation`, ...
    pub resource_type: Text<'a>,
    /// `table`, `view`, `ephemeral`, `test`, ...; empty for sources.
    pub materialized: Text<'a>,
    /// Where dbt is with it; **not** its result, see [`RunResult::status`].
    pub node_status: Text<'a>,
    /// When it began (UTC); for a batch, when that batch began.
    #[serde(deserialize_with = "timestamp")]
    pub node_started_at: Option<Timestamp>,
    /// When it ended (UTC), if it has.
    #[serde(deserialize_with = "timestamp")]
    pub node_finished_at: Option<Timestamp>,
    /// The relation that it builds.
    pub node_relation: Option<NodeRelation<'a>>,
}

/// The relation of a node.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NodeRelation<'a> {
    /// Database.
    #[serde(borrow)]
    pub database: Text<'a>,
    /// Schema.
    pub schema: Text<'a>,
    /// Name in the schema.
    pub alias: Text<'a>,
    /// All three as the adapter quotes them; empty for nodes without a relation.
    pub relation_name: Text<'a>,
}

/// `data.run_result`: the outcome of a node. dbt 2 fills status, execution_time and num_failures alone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunResult<'a> {
    /// `success`, `error`, `skipped`, `pass`, `fail`, `warn`, `partial success`, `runtime error`, ...
    #[serde(borrow)]
    pub status: Text<'a>,
    /// dbt's message; empty for none.
    pub message: Text<'a>,
    /// Seconds.
    #[serde(deserialize_with = "seconds")]
    pub execution_time: Option<f64>,
    /// Rows that failed a test; dbt writes 0 for nodes that are no test.
    #[serde(deserialize_with = "count")]
    pub num_failures: Option<i64>,
    /// The worker thread.
    pub thread: Text<'a>,
    adapter_response: Option<&'a RawValue>,
    /// When it was compiled and executed.
    pub timing_info: Vec<Timing<'a>>,
}

impl<'a> RunResult<'a> {
    /// What the adapter reported, as JSON text; `None` when it is empty.
    pub fn adapter_response(&self) -> Option<&'a str> {
        self.adapter_response
            .map(RawValue::get)
            .filter(|text| !matches!(*text, "{}" | "null"))
    }
}

/// A timed part of a node's run.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Timing<'a> {
    /// `compile` or `execute`.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// When it began.
    #[serde(deserialize_with = "timestamp")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
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

/// `data` with its node alone.
#[derive(Deserialize)]
pub(crate) struct NodeOnly<'a> {
    #[serde(borrow, default)]
    pub(crate) node_info: Option<NodeInfo<'a>>,
}
