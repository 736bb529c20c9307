//! A run with all options resolved, which the engine uses.

use std::path::PathBuf;
use std::time::Duration;

use prefect_client::Client;
use uuid::Uuid;

use super::attempt::Attempt;
use super::delivery_limits::DeliveryLimits;
use super::error::RequestError;
use super::flow_choice::FlowChoice;
use super::flow_context::FlowContext;
use super::invocation::Invocation;
use super::ledger_mode::LedgerMode;
use super::lock_options::LockOptions;
use super::options::RunOptions;
use super::process_env::{dbt_executable, held_locks, launcher_choice, lock_choice};
use super::retry_strategy::RetryStrategy;
use super::settings::PrefectDbtSettings;
use super::shared_run::SharedRun;
use crate::dbt::{CommandLine, DbtArgs, Launcher, SharedInterpreter};
use crate::heal::HealPolicy;
use crate::prefect::control::StopSources;
use crate::prefect::lock::Locks;
use crate::track::AssetOptions;

/// One attempt of a run: options resolved, dbt's command line parsed.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// dbt's arguments as the caller wrote them.
    pub(crate) args: Vec<String>,
    /// The same arguments, parsed; every module reads dbt's flags from here.
    pub(crate) line: CommandLine,
    /// Folders and log levels.
    pub(crate) settings: PrefectDbtSettings,
    /// The dbt executable; `None` to search for it.
    pub(crate) dbt: Option<PathBuf>,
    /// Whether the launcher may start dbt.
    pub(crate) launcher: Launcher,
    /// The interpreter that the launcher may share with other runs of this process.
    pub(crate) interpreter: SharedInterpreter,
    /// The connection to Prefect; `None` without an API.
    pub(crate) client: Option<Client>,
    /// Which flow run to report to.
    pub(crate) flow: FlowChoice,
    /// The flow run that the run shares with others; it decides in place of `flow`.
    pub(crate) shared: Option<SharedRun>,
    /// The flow run as hooks see it.
    pub(crate) context: Option<FlowContext>,
    /// How a failed run is retried.
    pub(crate) retry: RetryOptions,
    /// Which failed nodes run again within the attempt.
    pub(crate) heal: HealPolicy,
    /// The limits of what is sent to Prefect.
    pub(crate) delivery: DeliveryLimits,
    /// How assets are reported; `None` when they are not.
    pub(crate) assets: Option<AssetOptions>,
    /// Whether failed nodes make the run fail.
    pub(crate) raise_on_failure: bool,
    /// Whether an empty selection makes the run fail.
    pub(crate) fail_on_empty: bool,
    /// The longest time that dbt may take; `None` without a limit.
    pub(crate) timeout: Option<Duration>,
    /// Whether the flow run gets an artifact with a summary.
    pub(crate) summary_artifact: bool,
    /// Whether the outcome holds the manifest and dbt's results.
    pub(crate) keep_artifacts: bool,
    /// Whether Prefect keeps the ledger of the attempt.
    pub(crate) ledger: LedgerMode,
    /// The database lock that it takes, if it writes.
    pub(crate) lock: LockOptions,
    /// The database locks that it holds, with all attempts of the run and all invocations of the flow.
    pub(crate) locks: Locks,
    /// The folder of journals; `None` for the one in the project.
    pub(crate) journal_dir: Option<PathBuf>,
    /// Whether the run is added to the history on disk.
    pub(crate) history: bool,
    /// What stops the run from within its program.
    pub(crate) stops: StopSources,
    /// Which attempt of the flow run this is.
    pub(crate) attempt: Attempt,
}

/// How a failed run is retried.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RetryOptions {
    /// The maximum number of retries; `None` leaves it to the flow run.
    pub(crate) retries: Option<u32>,
    /// The pause before a retry.
    pub(crate) delay: Duration,
    /// `None` when the caller chose none.
    pub(crate) strategy: Option<RetryStrategy>,
}

impl Request {
    /// Resolves an invocation: options that are unset come from the process environment, then from their defaults.
    ///
    /// # Errors
    /// When an environment variable has a value that dbt does not know.
    pub(crate) fn from_env(invocation: Invocation) -> Result<Self, RequestError> {
        let mut invocation = invocation;
        let options = &mut invocation.options;
        options.settings =
            std::mem::take(&mut options.settings).or(PrefectDbtSettings::from_env()?);
        options.dbt = options.dbt.take().or_else(dbt_executable::from_env);
        if options.launcher.is_none() {
            options.launcher = launcher_choice::from_env()?;
        }
        if options.lock.is_none() {
            options.lock = lock_choice::from_env()?;
        }
        let mut request = Self::resolved(invocation);
        request.lock.inherited = held_locks::from_env();
        Ok(request)
    }

    /// Resolves an invocation without the process environment.
    pub(crate) fn resolved(invocation: Invocation) -> Self {
        let Invocation {
            args,
            options,
            flow,
        } = invocation;
        Self {
            line: CommandLine::parse(&args),
            args,
            flow,
            shared: None,
            context: None,
            retry: RetryOptions {
                retries: options.retries,
                delay: options.retry_delay.unwrap_or_default(),
                strategy: options.retry_strategy,
            },
            heal: HealPolicy {
                rounds: options.heal.unwrap_or_default(),
                on: options.heal_on.clone(),
                hooks: options.heal_hooks.unwrap_or_default(),
            },
            delivery: DeliveryLimits::of(&options),
            lock: LockOptions::of(&options),
            locks: Locks::default(),
            assets: asset_options(&options),
            stops: options.stop_sources(),
            raise_on_failure: options.raise_on_failure.unwrap_or(true),
            fail_on_empty: options.fail_on_empty.unwrap_or_default(),
            timeout: options.timeout,
            summary_artifact: options.summary_artifact.unwrap_or(true),
            history: options.history.unwrap_or(true),
            keep_artifacts: options.keep_artifacts.unwrap_or(true),
            settings: options.settings,
            dbt: options.dbt,
            launcher: options.launcher.unwrap_or_default(),
            interpreter: SharedInterpreter::default(),
            client: options.client,
            ledger: options.ledger.unwrap_or_default(),
            journal_dir: options.journal_dir,
            attempt: Attempt::default(),
        }
    }

    /// The variable for a process that it starts: a run that the process starts must not wait for our locks.
    pub(crate) fn held_locks(&self) -> Option<(&'static str, String)> {
        held_locks::with(&self.lock.inherited, self.locks.names())
    }

    /// The same request with other arguments for dbt.
    pub(crate) fn with_args(mut self, args: Vec<String>) -> Self {
        self.line = CommandLine::parse(&args);
        self.args = args;
        self
    }

    /// The same request with an idempotency key for the flow run that it may create.
    pub(crate) fn with_key(mut self) -> Self {
        self.attempt.key.get_or_insert_with(Uuid::now_v7);
        self
    }

    /// What the command line means for the runner.
    pub(crate) fn dbt_args(&self) -> DbtArgs {
        DbtArgs::of(&self.line)
    }

    /// The command line of the first attempt, which the user wrote. A retry may run `dbt retry` in its place.
    pub(crate) fn original_line(&self) -> &CommandLine {
        self.attempt.original.as_ref().unwrap_or(&self.line)
    }

    /// Takes the number of retries from Prefect's settings (`PREFECT_FLOWS_DEFAULT_RETRIES`), if the caller sets none and a
    /// flow run is created: a flow run that exists has its own number.
    #[cfg(feature = "cli")]
    pub(crate) fn adopt_default_retries(&mut self) {
        let Some(client) = &self.client else { return };
        let settings = client.settings();
        let is_new = self.flow.flow_run_id.is_none() && self.flow.inherited.is_none();
        if self.retry.retries.is_none() && settings.default_retries > 0 && is_new {
            self.retry.retries = Some(settings.default_retries);
            self.retry.delay = settings.default_retry_delay;
        }
    }
}

fn asset_options(options: &RunOptions) -> Option<AssetOptions> {
    let is_disabled = options.disable_assets.unwrap_or_default();
    (!is_disabled).then(|| AssetOptions {
        include_compiled_code: options.include_compiled_code.unwrap_or_default(),
        key: options.asset_key.clone(),
    })
}
