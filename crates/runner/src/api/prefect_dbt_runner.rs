//! The runner.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use prefect_client::Client;

use super::builder::PrefectDbtRunnerBuilder;
use super::error::RunError;
use super::run_observer::Told;
use crate::hooks;
use crate::hooks::{DbtHookContext, HookBuilder, HookOptions, HookOutput, HookOwner, Hooks};
use crate::model::Stopper;
use crate::outcome::{Error, Outcome};
use crate::request::{FlowChoice, FlowContext, Invocation, PrefectDbtSettings};
use crate::track::AssetKeyHook;

/// Runs dbt, as often as asked, and reports the runs to Prefect.
///
/// ```no_run
/// use prefect_dbt::{Invocation, PrefectDbtRunner, PrefectDbtSettings};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let runner = PrefectDbtRunner::builder()
///     .settings(PrefectDbtSettings::from_env()?.with_project_dir("jaffle"))
///     .raise_on_failure(false)
///     .build()?;
/// runner.post_model().select("tag:critical").call(|ctx| {
///     if let (Some(id), Some(error)) = (&ctx.node_id, &ctx.error) {
///         eprintln!("{id} failed: {error}");
///     }
/// });
/// let outcome = runner.invoke(["build"]).await?;
/// println!("{} nodes ran", outcome.run.nodes.len());
/// runner.invoke(Invocation::new(["build"]).option("target", "prod").flag("full_refresh", true)).await?;
/// # Ok(())
/// # }
/// ```
///
/// Clones are the same runner, with the same hooks.
#[derive(Debug, Clone)]
pub struct PrefectDbtRunner(Arc<Config>);

/// What a runner was built with.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) settings: PrefectDbtSettings,
    pub(super) client: Option<Client>,
    pub(super) raise_on_failure: bool,
    pub(super) dbt: Option<PathBuf>,
    pub(super) journal_dir: Option<PathBuf>,
    pub(super) verify_timeout: Option<Duration>,
    pub(super) timeout: Option<Duration>,
    pub(super) disable_assets: bool,
    pub(super) include_compiled_code: bool,
    pub(super) asset_key: Option<AssetKeyHook>,
    pub(super) summary_artifact: bool,
    pub(super) force_nodes_as_tasks: bool,
    pub(super) told: Told,
    pub(super) hook_options: HookOptions,
    pub(super) hooks: Hooks,
}

impl PrefectDbtRunner {
    pub(super) fn new(config: Config) -> Self {
        Self(Arc::new(config))
    }

    /// A runner is built with this.
    pub fn builder() -> PrefectDbtRunnerBuilder {
        PrefectDbtRunnerBuilder::default()
    }

    /// The connection to Prefect, if there is one.
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        self.0.client.as_ref()
    }

    /// Runs dbt. `invocation` is dbt's arguments, or an [`Invocation`], whose own settings come first.
    ///
    /// Within a flow run (`PREFECT__FLOW_RUN_ID` is set) dbt's nodes become task runs of that; by itself, this makes no
    /// flow run, which [`Flow`](super::flow::Flow) does, and no task runs unless they are
    /// [forced](PrefectDbtRunnerBuilder::force_nodes_as_tasks).
    ///
    /// # Errors
    /// When dbt could not be run, and, unless [`raise_on_failure`](PrefectDbtRunnerBuilder::raise_on_failure) is off,
    /// when it reported failures: [`RunError::Failed`] then carries the outcome.
    pub async fn invoke(&self, invocation: impl Into<Invocation>) -> Result<Outcome, RunError> {
        let mut invocation = invocation.into();
        let choice = &mut invocation.flow;
        if choice.inherited.is_none() {
            let started = FlowChoice::from_env();
            (choice.inherited, choice.supervisor) = (started.inherited, started.supervisor);
        }
        if choice.inherited.is_none() && choice.flow_run_id.is_none() {
            choice.tasks_alone |= self.0.force_nodes_as_tasks;
            choice.declined |= !choice.tasks_alone;
        }
        let invocation = self.completed(invocation);
        let outcome = self.attempt(invocation, None, Stopper::default()).await?;
        RunError::check(outcome)
    }

    /// [`invoke`](Self::invoke) for programs without an async runtime.
    ///
    /// # Errors
    /// Those of `invoke`, and when it is called inside of an async runtime.
    pub fn invoke_blocking(&self, invocation: impl Into<Invocation>) -> Result<Outcome, RunError> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(Error::InsideRuntime.into());
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::Runtime)?;
        runtime.block_on(self.invoke(invocation))
    }

    /// Runs dbt once, and reports to the flow run that the invocation says.
    pub(super) async fn attempt(
        &self,
        invocation: Invocation,
        flow: Option<FlowContext>,
        stopper: Stopper,
    ) -> Result<Outcome, Error> {
        let options = HookOptions {
            owner: Some(HookOwner::new(self.clone())),
            flow,
            ..self.0.hook_options.clone()
        };
        let told = Arc::new(self.told());
        hooks::run(invocation, told, stopper, &self.0.hooks, options).await
    }

    /// What becomes of what a run tells.
    pub(super) fn told(&self) -> Told {
        self.0.told.clone()
    }

    /// The invocation, with what the runner says where the invocation says nothing.
    pub(super) fn completed(&self, mut invocation: Invocation) -> Invocation {
        let config = &self.0;
        let defaults = Invocation::new([""; 0]);
        invocation.settings = joined(invocation.settings, &config.settings);
        invocation.disable_assets |= config.disable_assets;
        invocation.include_compiled_code |= config.include_compiled_code;
        invocation.asset_key = invocation.asset_key.or_else(|| config.asset_key.clone());
        invocation.summary_artifact &= config.summary_artifact;
        invocation.client = invocation.client.or_else(|| config.client.clone());
        invocation.raise_on_failure &= config.raise_on_failure;
        invocation.dbt = invocation.dbt.or_else(|| config.dbt.clone());
        invocation.timeout = invocation.timeout.or(config.timeout);
        invocation.journal_dir = invocation
            .journal_dir
            .or_else(|| config.journal_dir.clone());
        if invocation.verify_timeout == defaults.verify_timeout {
            invocation.verify_timeout = config.verify_timeout.unwrap_or(defaults.verify_timeout);
        }
        invocation
    }

    /// Calls `hook` before dbt starts. It sees every node that is scheduled, and so takes no selection:
    ///
    /// ```compile_fail
    /// # let runner = self::self::PrefectDbtRunner::builder().without_prefect().build().unwrap();
    /// runner.on_run_start().select("tag:nightly");
    /// ```
    #[track_caller]
    pub fn on_run_start<F, R>(&self, hook: F)
    where
        F: Fn(&DbtHookContext) -> R + Send + Sync + 'static,
        R: HookOutput,
    {
        self.0.hooks.on_run_start(hook);
    }

    /// As [`on_run_start`](Self::on_run_start), for an asynchronous hook.
    #[track_caller]
    pub fn on_run_start_async<F, Fut>(&self, hook: F)
    where
        F: Fn(DbtHookContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HookOutput> + 'static,
    {
        self.0.hooks.on_run_start_async(hook);
    }

    /// A hook for each model that ends, see [`Hooks::post_model`].
    #[track_caller]
    pub fn post_model(&self) -> HookBuilder {
        self.0.hooks.post_model()
    }

    /// A hook for each node that ends, see [`Hooks::post_node`].
    #[track_caller]
    pub fn post_node(&self) -> HookBuilder {
        self.0.hooks.post_node()
    }

    /// A hook for the end of each run, see [`Hooks::on_run_end`].
    #[track_caller]
    pub fn on_run_end(&self) -> HookBuilder {
        self.0.hooks.on_run_end()
    }
}

/// The settings of an invocation, and the runner's where it has none.
fn joined(own: PrefectDbtSettings, default: &PrefectDbtSettings) -> PrefectDbtSettings {
    let untold = PrefectDbtSettings::default();
    PrefectDbtSettings {
        project_dir: own.project_dir.or_else(|| default.project_dir.clone()),
        profiles_dir: own.profiles_dir.or_else(|| default.profiles_dir.clone()),
        target_path: own.target_path.or_else(|| default.target_path.clone()),
        log_level: own.log_level.or(default.log_level),
        prefect_log_level: match own.prefect_log_level == untold.prefect_log_level {
            true => default.prefect_log_level,
            false => own.prefect_log_level,
        },
        missing_variables: match own.missing_variables == untold.missing_variables {
            true => default.missing_variables,
            false => own.missing_variables,
        },
    }
}

impl DbtHookContext {
    /// The runner that started the run; `None` for a run of the command line.
    #[must_use]
    pub fn owner(&self) -> Option<&PrefectDbtRunner> {
        self.owner.as_ref()?.get()
    }
}
