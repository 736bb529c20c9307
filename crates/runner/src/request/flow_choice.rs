//! Which flow run an invocation reports to.

use uuid::Uuid;

use super::process_env::inherited;
use crate::prefect::control::Supervisor;

/// Which flow run an invocation reports to: the one that the caller names, the one that the process was started for, or a
/// new one.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FlowChoice {
    /// Whether the run is not reported, even if an API is configured. Default: false.
    pub declined: bool,
    /// Whether this process is the engine of the flow run, and sets its states. Default: false.
    pub engine: bool,
    /// Whether task runs are reported without a flow run if there is none. Default: false.
    pub tasks_alone: bool,
    /// The flow run that the caller names. Default: none.
    pub flow_run_id: Option<Uuid>,
    /// The flow run that the process was started for (`PREFECT__FLOW_RUN_ID`). Default: none.
    pub inherited: Option<Uuid>,
    /// The process that started this one for the inherited flow run, and its control channel.
    pub(crate) supervisor: Supervisor,
    /// The name of the flow, if a flow run is created. Default: `dbt <command>`.
    pub flow_name: Option<String>,
    /// The name of the flow run, if one is created. Default: two random words.
    pub flow_run_name: Option<String>,
    /// The tags of the flow run, if one is created. Default: none.
    pub tags: Vec<String>,
}

impl FlowChoice {
    /// The flow run that the process was started for (`PREFECT__FLOW_RUN_ID`), if there is one, and its supervisor. All else
    /// has its default.
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
