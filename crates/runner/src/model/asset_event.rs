//! What happens to an asset: a relation that dbt builds or reads.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::task_run::TaskRef;

/// Something that happened to an asset: a relation that dbt builds or reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssetEvent {
    /// Id of the event: the same whenever the journal is delivered.
    pub id: Uuid,
    /// What happened.
    pub happening: AssetHappening,
    /// When the node ended that built it, or read it.
    pub at: Timestamp,
    /// The asset.
    pub asset: AssetFacts,
    /// The task run of that node.
    pub task: TaskRef,
    /// Keys of the assets that it was built from.
    pub upstream: Vec<String>,
    /// dbt's account of the node, and what else is known of its run.
    pub payload: serde_json::Map<String, serde_json::Value>,
}

/// What can happen to an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AssetHappening {
    /// It was read; told once in a run.
    Referenced,
    /// It was built.
    Succeeded,
    /// It was to be built.
    Failed,
}

/// An asset, as its project describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssetFacts {
    /// Its key.
    pub key: String,
    /// The relation's name, without quotes.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Who answers for it.
    pub owners: Vec<String>,
    /// Where it can be seen.
    pub url: Option<String>,
}
