//! What to run, and how to report it.

use std::path::PathBuf;
use std::time::Duration;

use prefect_client::Client;
use uuid::Uuid;

use super::attempt::Attempt;
use super::process_env::inherited;
use super::retry_strategy::RetryStrategy;
use super::settings::PrefectDbtSettings;
use crate::dbt::CommandLine;
use crate::model::FlowTarget;
use crate::prefect::control::Supervisor;
use crate::track::AssetKeyHook;

/// One run of dbt: what, with which settings, and how it is reported.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Invocation {
    /// dbt's arguments, command included.
    pub args: Vec<String>,
    /// The dbt executable; looked for when not given.
    pub dbt: Option<PathBuf>,
    /// Directories and log level.
    pub settings: PrefectDbtSettings,
    /// Whether failures in dbt make the run fail.
    pub raise_on_failure: bool,
    /// The connection to Prefect; `None` for a run without it.
    pub client: Option<Client>,
    /// The flow run to report to.
    pub flow: FlowChoice,
    /// How long the server is asked after the run's end whether it has everything.
    pub verify_timeout: Duration,
    /// Most log lines and events that are sent to Prefect in a minute. dbt is never slowed down: what there was no time
    /// for when the run has ended, and `verify_timeout` is over, stays in the journal.
    pub rate: Option<u32>,
    /// Most log lines and events that Prefect gets of the run. As it fills, debug logs go first, then info logs,
    /// references to assets, and the rest; how a node ended is always told.
    pub budget: Option<u32>,
    /// How long dbt may take.
    pub timeout: Option<Duration>,
    /// Whether no asset is reported, whatever the project says.
    pub disable_assets: bool,
    /// Whether the descriptions of assets end with the compiled code.
    pub include_compiled_code: bool,
    /// Other asset keys than the usual ones.
    pub asset_key: Option<AssetKeyHook>,
    /// Whether the flow run gets an artifact with a summary.
    pub summary_artifact: bool,
    /// Whether the outcome holds the run's manifest and dbt's results. Those of thousands of nodes take a lot of memory.
    pub keep_artifacts: bool,
    /// The folder of journals; that of the project when not given.
    pub journal_dir: Option<PathBuf>,
    /// How often a failed run is repeated; what the flow run itself says when not given.
    pub retries: Option<u32>,
    /// How long a failed run waits before it is repeated; whole seconds.
    pub retry_delay: Duration,
    /// What a repetition runs.
    pub retry_strategy: RetryStrategy,
    /// Which attempt this is.
    pub(crate) attempt: Attempt,
}

/// What the user says about the flow run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FlowChoice {
    /// No Prefect, whatever is configured.
    pub declined: bool,
    /// We are the flow run's engine.
    pub engine: bool,
    /// Task runs even where there is no flow run, and none is to be created for them.
    pub tasks_alone: bool,
    /// The flow run that the user names.
    pub flow_run_id: Option<Uuid>,
    /// The flow run that the process was started for (`PREFECT__FLOW_RUN_ID`).
    pub inherited: Option<Uuid>,
    /// Who started the process for that flow run.
    pub(crate) supervisor: Supervisor,
    /// Name of the flow, if one is created; `dbt <command>` when not given.
    pub flow_name: Option<String>,
    /// Name of the flow run, if one is created; two words when not given.
    pub flow_run_name: Option<String>,
    /// Tags of the flow run, if one is created.
    pub tags: Vec<String>,
}

impl FlowChoice {
    /// What the process was started for (`PREFECT__FLOW_RUN_ID`) and by whom, and nothing else.
    #[must_use]
    pub fn from_env() -> Self {
        Self {
            inherited: inherited::from_env(),
            supervisor: Supervisor::from_env(),
            ..Self::default()
        }
    }

    /// The supervisor of the flow run that an invocation reports to.
    pub(crate) fn supervisor_of_target(&self, target: &FlowTarget) -> Option<Supervisor> {
        match target {
            FlowTarget::Existing { flow_run_id, .. } => self.supervisor_of(*flow_run_id),
            _ => None,
        }
    }

    /// Who started the process, if that was for this flow run.
    pub(crate) fn supervisor_of(&self, flow_run_id: Uuid) -> Option<Supervisor> {
        (self.inherited == Some(flow_run_id)).then(|| self.supervisor.clone())
    }
}

impl Invocation {
    /// dbt with these arguments, reported nowhere.
    pub fn new<S: Into<String>>(args: impl IntoIterator<Item = S>) -> Self {
        Self {
            args: args.into_iter().map(Into::into).collect(),
            dbt: None,
            settings: PrefectDbtSettings::default(),
            raise_on_failure: true,
            client: None,
            flow: FlowChoice::default(),
            verify_timeout: Duration::from_secs(3),
            rate: None,
            budget: None,
            timeout: None,
            disable_assets: false,
            include_compiled_code: false,
            asset_key: None,
            summary_artifact: true,
            keep_artifacts: true,
            journal_dir: None,
            retries: None,
            retry_delay: Duration::ZERO,
            retry_strategy: RetryStrategy::default(),
            attempt: Attempt::default(),
        }
    }

    /// dbt's command line, read.
    pub(crate) fn command_line(&self) -> CommandLine {
        CommandLine::parse(&self.args)
    }

    /// The command line that the user asked for: that of the first attempt.
    pub(crate) fn asked(&self) -> CommandLine {
        let original = self.attempt.original.clone();
        original.unwrap_or_else(|| self.command_line())
    }

    /// Takes over how often Prefect's settings repeat failed runs (`PREFECT_FLOWS_DEFAULT_RETRIES`), where the user says
    /// nothing and the flow run is created here: one that exists has its own say.
    pub fn adopt_default_retries(&mut self) {
        let Some(client) = &self.client else { return };
        let settings = client.settings();
        let is_new = self.flow.flow_run_id.is_none() && self.flow.inherited.is_none();
        if self.retries.is_none() && settings.default_retries > 0 && is_new {
            self.retries = Some(settings.default_retries);
            self.retry_delay = settings.default_retry_delay;
        }
    }
}
