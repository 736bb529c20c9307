//! The flow run as hooks and the closures of flows see it.

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

/// What is known about a flow run before dbt starts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FlowContext {
    /// The flow run; `None` if it is not created yet.
    pub flow_run_id: Option<Uuid>,
    /// The name of the flow run; `None` if it is not created yet and the caller has set none.
    pub name: Option<String>,
    /// The number of the attempt, from 1.
    pub run_count: u32,
    /// The parameters of the flow run.
    pub parameters: Map<String, Value>,
}
