//! How a node ended, and what dbt reported of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::node_status::NodeStatus;
use super::state::State;

/// How a node ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeEnd {
    /// The terminal state.
    pub state: State,
    /// When the node ended, by dbt's clock (UTC, microseconds). Never before its start.
    pub end_time: Timestamp,
    /// What dbt reported of the node.
    pub result: NodeResult,
}

/// What dbt reported of one node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeResult {
    /// dbt's unique_id.
    pub unique_id: String,
    /// dbt's resource type (`model`, `test`, ...).
    pub resource_type: String,
    /// Name of the node.
    pub name: String,
    /// dbt's status (`success`, `error`, `skipped`, ...).
    pub status: NodeStatus,
    /// dbt's message.
    pub message: Option<String>,
    /// Execution time in seconds, as dbt measured it.
    pub execution_time: Option<f64>,
    /// Rows that failed a test.
    pub failures: Option<i64>,
    /// What the adapter reported (rows affected, query ids, ...).
    pub adapter_response: Option<serde_json::Value>,
    /// The node whose failure made dbt skip this one.
    pub skipped_because_of: Option<String>,
}
