//! What happens to an asset: a relation that dbt builds or reads.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::task_run::TaskRef;

/// An event of an asset: a relation that dbt builds or reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssetEvent {
    /// Id of the event, the same each time the journal is delivered.
    pub id: Uuid,
    /// What happened.
    #[serde(rename = "happening")]
    pub kind: AssetEventKind,
    /// When the node that built or read the asset ended.
    pub at: Timestamp,
    /// The asset.
    pub asset: AssetProperties,
    /// The task run of that node.
    pub task: TaskRef,
    /// Keys of the assets that this one was built from.
    pub upstream: Vec<String>,
    /// dbt's `node_info` of the node, with results of its run.
    pub payload: serde_json::Map<String, serde_json::Value>,
}

/// The kinds of asset events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AssetEventKind {
    /// The asset was read. Sent once in a run.
    Referenced,
    /// The asset was built.
    Succeeded,
    /// Building the asset failed.
    Failed,
}

/// An asset, as its project describes it. Prefect's `AssetProperties`, with the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssetProperties {
    /// Key of the asset.
    pub key: String,
    /// Name of the relation, without quotes.
    pub name: String,
    /// Description of the relation.
    pub description: Option<String>,
    /// Owners from `meta.owner`.
    pub owners: Vec<String>,
    /// URL from `meta.url`.
    pub url: Option<String>,
}
