//! The flow run as hooks and the closures of flows see it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use prefect_client::FlowRun;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// What is known about a flow run before dbt starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

impl FlowContext {
    /// A flow run in its first attempt, without parameters.
    pub(crate) fn new(flow_run_id: Option<Uuid>, name: Option<String>) -> Self {
        Self {
            flow_run_id,
            name,
            run_count: 1,
            parameters: Map::new(),
            running: RunningCode::default(),
        }
    }

    /// A flow run that was read before this attempt of it. `is_engine` is whether this process sets its states.
    pub(crate) fn of(run: &FlowRun, is_engine: bool) -> Self {
        Self {
            // The server counts an attempt when the flow run becomes Running.
            run_count: run.run_count + u32::from(is_engine),
            parameters: run.parameters.clone(),
            ..Self::new(Some(run.id), Some(run.name.clone()))
        }
    }
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
