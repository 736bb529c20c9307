//! What an attempt has still to do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::node_status::NodeStatus;
use super::obstacle::Obstacle;

/// What an attempt has still to do at a point of its journal, for a retry on another disk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RemainingWork {
    /// The nodes that have not succeeded, by unique_id.
    pub(crate) nodes: BTreeMap<String, RemainingNode>,
    /// Why `dbt retry` of these nodes is not safe to use.
    pub(crate) obstacle: Option<Obstacle>,
}

/// A node that has not succeeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemainingNode {
    /// Its status; `skipped` for a node that has not ended.
    pub(crate) status: NodeStatus,
    /// The batches of a microbatch model that succeeded and failed, as in run_results.json.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) batch_results: Option<Value>,
}

impl RemainingWork {
    /// Nodes of which none has begun.
    pub(crate) fn not_begun(ids: impl IntoIterator<Item = String>) -> Self {
        let skipped = RemainingNode {
            status: NodeStatus::Skipped,
            batch_results: None,
        };
        let node = |id| (id, skipped.clone());
        Self {
            nodes: ids.into_iter().map(node).collect(),
            obstacle: None,
        }
    }

    /// Work that `dbt retry` cannot do.
    pub(crate) fn unknown(obstacle: Obstacle) -> Self {
        Self {
            nodes: BTreeMap::new(),
            obstacle: Some(obstacle),
        }
    }
}
