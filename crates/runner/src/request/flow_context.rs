//! The flow run as user code sees it.

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

/// What is known of a flow run before dbt starts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FlowContext {
    /// The flow run; `None` if it is not created yet.
    pub flow_run_id: Option<Uuid>,
    /// Its name; `None` if it is not created yet and its name is left to us.
    pub name: Option<String>,
    /// Which run of the flow run this is, from 1.
    pub run_count: u32,
    /// Its parameters.
    pub parameters: Map<String, Value>,
}
