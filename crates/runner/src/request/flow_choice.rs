//! The flow run that a caller asks for.

use uuid::Uuid;

use super::process_env::inherited;
use crate::prefect::control::Supervisor;

/// The flow run that a caller asks for, and the one that the process was started for.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FlowChoice {
    /// Whether the run is not reported, even if an API is configured.
    pub declined: bool,
    /// Whether this process is the engine of the flow run, and sets its states.
    pub engine: bool,
    /// Whether task runs are reported without a flow run, where there is none.
    pub tasks_alone: bool,
    /// The flow run that the caller names.
    pub flow_run_id: Option<Uuid>,
    /// The flow run that the process was started for (`PREFECT__FLOW_RUN_ID`).
    pub inherited: Option<Uuid>,
    /// The process that started this one for that flow run.
    pub(crate) supervisor: Supervisor,
    /// Name of the flow, if a flow run is created. Default: `dbt <command>`.
    pub flow_name: Option<String>,
    /// Name of the flow run, if one is created. Default: two words.
    pub flow_run_name: Option<String>,
    /// Tags of the flow run, if one is created.
    pub tags: Vec<String>,
}

impl FlowChoice {
    /// Only the flow run that the process was started for (`PREFECT__FLOW_RUN_ID`) and its supervisor.
    #[must_use]
    pub fn from_env() -> Self {
        Self {
            inherited: inherited::from_env(),
            supervisor: Supervisor::from_env(),
            ..Self::default()
        }
    }

    /// The supervisor, if it started this process for this flow run.
    pub(crate) fn supervisor_of(&self, flow_run_id: Uuid) -> Option<Supervisor> {
        (self.inherited == Some(flow_run_id)).then(|| self.supervisor.clone())
    }
}
