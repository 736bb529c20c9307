//! The flow run as hooks and the closures of flows see it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

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
    /// The flow itself, while its code runs.
    #[serde(skip)]
    pub(crate) running: RunningCode,
}

/// The flow whose code runs, without its type, which this module is below of. Two are never different.
#[derive(Clone, Default)]
pub(crate) struct RunningCode(pub(crate) Option<Arc<dyn Any + Send + Sync>>);

impl fmt::Debug for RunningCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "running" } else { "none" })
    }
}

impl PartialEq for RunningCode {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
