//! The report of a node that hooks get.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{NodeResult, NodeStatus, State};

/// What dbt reported of a node that ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeReport {
    /// dbt's status (`success`, `error`, `partial success`, `skipped`, ...).
    pub status: NodeStatus,
    /// dbt's message.
    pub message: Option<String>,
    /// Execution time in seconds, as dbt measured it.
    pub execution_time: Option<f64>,
    /// Rows that failed a test.
    pub failures: Option<i64>,
    /// What the adapter reported (rows affected, query ids, ...).
    pub adapter_response: Option<Value>,
    /// Name of the task run's state (`Completed`, `Warned`, `Failed`, ...).
    pub state: String,
    /// When the node started, by dbt's clock.
    pub started_at: Timestamp,
    /// When the node ended, by dbt's clock.
    pub finished_at: Timestamp,
    /// The node whose failure made dbt skip this one.
    pub skipped_because_of: Option<String>,
}

impl NodeReport {
    pub(super) fn new(
        result: &NodeResult,
        state: &State,
        started_at: Timestamp,
        finished_at: Timestamp,
    ) -> Self {
        Self {
            status: result.status.clone(),
            message: result.message.clone(),
            execution_time: result.execution_time,
            failures: result.failures,
            adapter_response: result.adapter_response.clone(),
            state: state.name.clone(),
            started_at,
            finished_at,
            skipped_because_of: result.skipped_because_of.clone(),
        }
    }
}
