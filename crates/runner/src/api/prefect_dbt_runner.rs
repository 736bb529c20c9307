//! Runs dbt any number of times with the same options and hooks.

use std::future::Future;
use std::sync::Arc;

use prefect_client::Client;

use super::builder::PrefectDbtRunnerBuilder;
use super::error::RunError;
use super::run_observer::{RunObserver, Watchers};
use crate::hooks::{DbtHookContext, HookBuilder, HookOptions, HookOutput, HookOwner, Hooks};
use crate::model::Stopper;
use crate::outcome::{Error, Outcome};
use crate::request::{FlowChoice, Invocation, Request, RunOptions};
use crate::retry::Attempts;

/// Runs dbt, any number of times, and reports the runs to Prefect.
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
    /// The options of every run.
    pub(super) options: RunOptions,
    /// Whether nodes become task runs even outside of a flow run.
    pub(super) force_nodes_as_tasks: bool,
    /// What watches each run.
    pub(super) watchers: Watchers,
    /// How hooks are called.
    pub(super) hook_options: HookOptions,
    /// The hooks of the runner.
    pub(super) hooks: Hooks,
}

impl PrefectDbtRunner {
    pub(super) fn new(config: Config) -> Self {
        Self(Arc::new(config))
    }

    /// Starts to build a runner.
    pub fn builder() -> PrefectDbtRunnerBuilder {
        PrefectDbtRunnerBuilder::default()
    }

    /// The connection to Prefect, if there is one.
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        self.0.options.client.as_ref()
    }

    /// Runs dbt. `invocation` is dbt's arguments, or an [`Invocation`], whose options beat those of the runner.
    ///
    /// Inside a flow run (`PREFECT__FLOW_RUN_ID` is set) dbt's nodes become task runs of that flow run. Outside of one, the
    /// run is not reported, unless [`force_nodes_as_tasks`](PrefectDbtRunnerBuilder::force_nodes_as_tasks) is on; a
    /// [`Flow`](super::flow::Flow) creates a flow run.
    ///
    /// # Errors
    /// [`RunError::NotRun`] when dbt cannot start. [`RunError::Failed`] with the outcome when dbt reports failures, unless
    /// [`raise_on_failure`](PrefectDbtRunnerBuilder::raise_on_failure) is off.
    ///
    /// If the future is dropped, dbt is stopped, in the background while the async runtime lives.
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
        let request = self.request(invocation)?;
        let locks = request.locks.clone();
        let result = self.run_once(request, self.observer()).await;
        locks.release().await;
        result
    }

    /// [`invoke`](Self::invoke) for programs without an async runtime.
    ///
    /// # Errors
    /// Those of `invoke`, and [`Error::InsideRuntime`] when an async runtime calls it.
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

    /// Runs dbt once, and shows all of the run.
    pub(super) async fn run_once(
        &self,
        request: Request,
        observer: Arc<RunObserver>,
    ) -> Result<Outcome, RunError> {
        let attempts = self.attempts(&observer, Stopper::new());
        let outcome = attempts.run_once(request).await;
        observer.show_end(outcome.as_ref().ok()).await;
        RunError::check(outcome?)
    }

    /// The hooks and the observer for all attempts of a run.
    pub(super) fn attempts(&self, observer: &Arc<RunObserver>, stopper: Stopper) -> Attempts {
        Attempts {
            hooks: self.0.hooks.clone(),
            options: HookOptions {
                owner: Some(HookOwner::new(self.clone())),
                ..self.0.hook_options.clone()
            },
            observer: Arc::clone(observer) as _,
            stopper,
        }
    }

    /// The options of every run.
    pub(super) fn options(&self) -> &RunOptions {
        &self.0.options
    }

    /// The observer of a run that the current code starts.
    pub(super) fn observer(&self) -> Arc<RunObserver> {
        self.0.watchers.observer()
    }

    /// Resolves an invocation: options that are unset come from the runner, then from the environment.
    pub(super) fn request(&self, mut invocation: Invocation) -> Result<Request, Error> {
        invocation.options = invocation.options.or(&self.0.options);
        Ok(Request::from_env(invocation)?)
    }

    /// Adds a hook that is called before dbt starts. It gets every scheduled node, so it takes no selection:
    ///
    /// ```compile_fail
    /// # let runner = prefect_dbt::PrefectDbtRunner::builder().without_prefect().build().unwrap();
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

    /// Adds an asynchronous hook that is called before dbt starts, see [`on_run_start`](Self::on_run_start).
    #[track_caller]
    pub fn on_run_start_async<F, Fut>(&self, hook: F)
    where
        F: Fn(DbtHookContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HookOutput> + 'static,
    {
        self.0.hooks.on_run_start_async(hook);
    }

    /// Adds a hook that is called when a model ends, see [`Hooks::post_model`].
    #[track_caller]
    pub fn post_model(&self) -> HookBuilder {
        self.0.hooks.post_model()
    }

    /// Adds a hook that is called when a node ends, see [`Hooks::post_node`].
    #[track_caller]
    pub fn post_node(&self) -> HookBuilder {
        self.0.hooks.post_node()
    }

    /// Adds a hook that is called when a run ends, see [`Hooks::on_run_end`].
    #[track_caller]
    pub fn on_run_end(&self) -> HookBuilder {
        self.0.hooks.on_run_end()
    }
}

impl DbtHookContext {
    /// The runner that started the run; `None` for a run of the command line.
    #[must_use]
    pub fn owner(&self) -> Option<&PrefectDbtRunner> {
        self.owner.as_ref()?.get()
    }
}
