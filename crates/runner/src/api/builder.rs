//! Builds a runner.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dbt_events::Event;
use dbt_manifest::Manifest;
use prefect_client::Client;

use super::prefect_dbt_runner::{Config, PrefectDbtRunner};
use super::run_observer::Watchers;
use crate::console::Console;
use crate::dbt::Launcher;
use crate::heal::HealPattern;
use crate::hooks::{HookOptions, Hooks};
use crate::model::Stopper;
use crate::observe::Observer;
use crate::outcome::{Error, client_from_env};
use crate::request::{LockLost, LockMode, PrefectDbtSettings, RunOptions};
use crate::track::AssetKeyHook;

/// Builds a [`PrefectDbtRunner`]. Every option has a default.
#[must_use = "a builder builds with `build`"]
#[derive(Debug, Default)]
pub struct PrefectDbtRunnerBuilder {
    options: RunOptions,
    without_prefect: bool,
    force_nodes_as_tasks: bool,
    watchers: Watchers,
    hooks: HookOptions,
}

impl PrefectDbtRunnerBuilder {
    /// Sets folders and log levels. Default: those of the environment (`DBT_*`).
    pub fn settings(mut self, settings: PrefectDbtSettings) -> Self {
        self.options.settings = settings;
        self
    }

    /// Whether dbt's nodes become task runs even outside of a flow run. Such task runs belong to no flow run, so no page of
    /// Prefect shows them together. Default: false.
    pub fn force_nodes_as_tasks(mut self, force: bool) -> Self {
        self.force_nodes_as_tasks = force;
        self
    }

    /// Whether failed nodes make [`invoke`](PrefectDbtRunner::invoke) return an error and the flow run fail. If dbt cannot
    /// start, it is always an error. Default: true.
    pub fn raise_on_failure(mut self, raise: bool) -> Self {
        self.options.raise_on_failure = Some(raise);
        self
    }

    /// Whether a selection that matches no node fails the run. Default: false.
    pub fn fail_on_empty(mut self, fail: bool) -> Self {
        self.options.fail_on_empty = Some(fail);
        self
    }

    /// Sets how many times dbt may run again within an attempt, for the nodes whose failure looks transient (a lost connection, a
    /// deadlock, throttling) and for what it skipped below them. Default: 0.
    pub fn heal(mut self, rounds: u32) -> Self {
        self.options.heal = Some(rounds);
        self
    }

    /// Sets messages of errors that also count as transient. Default: none.
    pub fn heal_on(mut self, pattern: HealPattern) -> Self {
        self.options.heal_on = Some(pattern);
        self
    }

    /// Whether nodes also run again in a project with `on-run-start` or `on-run-end` hooks, which then run again, too.
    /// Default: false.
    pub fn heal_hooks(mut self, hooks: bool) -> Self {
        self.options.heal_hooks = Some(hooks);
        self
    }

    /// Sets the connection to Prefect. Default: the one that Prefect's settings describe; without one, runs are not
    /// reported.
    pub fn client(mut self, client: Client) -> Self {
        self.options.client = Some(client);
        self
    }

    /// Turns the report to Prefect off, even if Prefect's settings name an API.
    pub fn without_prefect(mut self) -> Self {
        self.without_prefect = true;
        self
    }

    /// Sets the dbt executable. Default: `PREFECT_DBT_EXECUTABLE`, then what [`find_dbt`](crate::dbt::find_dbt) finds.
    pub fn dbt(mut self, dbt: impl Into<PathBuf>) -> Self {
        self.options.dbt = Some(dbt.into());
        self
    }

    /// Sets whether the launcher may start dbt. Default: `PREFECT_DBT_LAUNCHER`, then [`Launcher::Auto`].
    pub fn launcher(mut self, launcher: Launcher) -> Self {
        self.options.launcher = Some(launcher);
        self
    }

    /// Whether no asset is reported, even if the project enables assets. Default: false.
    pub fn disable_assets(mut self, disable: bool) -> Self {
        self.options.disable_assets = Some(disable);
        self
    }

    /// Whether the descriptions of assets end with the compiled code. Default: false.
    pub fn include_compiled_code(mut self, include: bool) -> Self {
        self.options.include_compiled_code = Some(include);
        self
    }

    /// Sets a function that chooses asset keys. Default: the keys of Prefect's Python package.
    pub fn asset_key(mut self, hook: AssetKeyHook) -> Self {
        self.options.asset_key = Some(hook);
        self
    }

    /// Whether the flow run gets an artifact with a summary. Default: true.
    pub fn summary_artifact(mut self, wanted: bool) -> Self {
        self.options.summary_artifact = Some(wanted);
        self
    }

    /// Whether status and duration of each node are kept on disk, so that later runs can be compared. Default: true.
    pub fn history(mut self, kept: bool) -> Self {
        self.options.history = Some(kept);
        self
    }

    /// Sets an up-to-date manifest, from which hooks at the start of a run get the scheduled nodes, so that `dbt parse` does
    /// not run for them. dbt itself still reads the project. Default: manifest.json in the target folder if it is up to
    /// date, else that of `dbt parse`.
    pub fn manifest(mut self, manifest: Arc<Manifest>) -> Self {
        self.hooks.manifest = Some(manifest);
        self
    }

    /// Adds a function that is called for every event of dbt. dbt waits for it, so it must return quickly. Default: none.
    pub fn on_event(mut self, on_event: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.watchers.on_event.push(Arc::new(on_event));
        self
    }

    /// Shows each run on a console, as the command line does. Default: none; then each log line of a run, each notice and each
    /// warning is an event of `tracing`, with the target `prefect_dbt::run` and the fields `run_id`, `node` and `task_run`.
    ///
    /// ```no_run
    /// use prefect_dbt::{Console, PrefectDbtRunner};
    ///
    /// # fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let runner = PrefectDbtRunner::builder().console(Console::stderr()).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn console(mut self, console: Console) -> Self {
        self.watchers.console = Some(console);
        self
    }

    /// Sets an observer, which gets the journal, the events, the output, the notices and the warnings of each run. Default:
    /// none.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.watchers.observer = Some(observer);
        self
    }

    /// Sets how long a hook may run before a warning says that it is still running. A hook that runs that long when the run
    /// is over is abandoned. Default: 60 seconds.
    pub fn hook_timeout(mut self, timeout: Duration) -> Self {
        self.hooks.timeout = timeout;
        self
    }

    /// Whether `dbt parse` may run before dbt, if hooks at the start of a run need the scheduled nodes and manifest.json is
    /// out of date. Default: true.
    pub fn parse_for_hooks(mut self, may_parse: bool) -> Self {
        self.hooks.may_parse = may_parse;
        self
    }

    /// Sets the longest time that dbt may take; then it is stopped and the run ends `TimedOut`. Default: no limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Sets the longest time after dbt's end for the check that the server has recorded every task run. Default: 3 seconds.
    pub fn verify_timeout(mut self, timeout: Duration) -> Self {
        self.options.verify_timeout = Some(timeout);
        self
    }

    /// Sets how long after a run an outage of the Prefect API is waited out. Default: 10 minutes for the engine of a flow run,
    /// otherwise the time of [`verify_timeout`](Self::verify_timeout).
    pub fn delivery_timeout(mut self, timeout: Duration) -> Self {
        self.options.delivery_timeout = Some(timeout);
        self
    }

    /// Sets the folder of journals and attempt records. Default: `.prefect-dbt` in the project.
    pub fn journal_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.options.journal_dir = Some(dir.into());
        self
    }

    /// Sets the lock that a command takes before it writes to the database. Default: `PREFECT_DBT_LOCK`, then
    /// [`LockMode::Off`]. A [`Flow`](crate::Flow) holds it until it ends.
    pub fn lock(mut self, lock: LockMode) -> Self {
        self.options.lock = Some(lock);
        self
    }

    /// Sets the longest time to wait for the lock; then the run fails. Default: no limit.
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.options.lock_timeout = Some(timeout);
        self
    }

    /// Sets what a run does if it loses the lock. Default: [`LockLost::Warn`].
    pub fn lock_lost(mut self, then: LockLost) -> Self {
        self.options.lock_lost = Some(then);
        self
    }

    /// Adds a stopper, which stops every run of the runner from anywhere in the program. Default: none.
    pub fn stopper(mut self, stopper: Stopper) -> Self {
        self.options.stoppers.push(stopper);
        self
    }

    /// Whether signals that end a process (SIGINT, SIGTERM, SIGQUIT, SIGHUP) stop a run instead, as on the command line. They
    /// do not end the process any more, not even after the run. Default: false.
    pub fn handle_signals(mut self, handle: bool) -> Self {
        self.options.handle_signals = Some(handle);
        self
    }

    /// Builds the runner. Options that are not set come from the environment when a run starts.
    ///
    /// # Errors
    /// When Prefect's settings are invalid.
    pub fn build(self) -> Result<PrefectDbtRunner, Error> {
        let mut options = self.options;
        options.client = match (self.without_prefect, options.client) {
            (true, _) => None,
            (false, Some(client)) => Some(client),
            (false, None) => client_from_env()?,
        };
        Ok(PrefectDbtRunner::new(Config {
            options,
            force_nodes_as_tasks: self.force_nodes_as_tasks,
            watchers: self.watchers,
            hook_options: self.hooks,
            hooks: Hooks::default(),
        }))
    }
}
