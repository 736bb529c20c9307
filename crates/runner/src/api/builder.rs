//! Building a runner.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dbt_events::Event;
use dbt_manifest::Manifest;
use prefect_client::Client;

use super::prefect_dbt_runner::{Config, PrefectDbtRunner};
use super::run_observer::Told;
use crate::hooks::{HookOptions, Hooks};
use crate::observe::Observer;
use crate::outcome::{Error, client_from_env};
use crate::request::{PrefectDbtSettings, RunOptions};
use crate::track::AssetKeyHook;

/// Builds a [`PrefectDbtRunner`]. Everything has a default.
#[must_use = "a builder builds with `build`"]
#[derive(Debug, Default)]
pub struct PrefectDbtRunnerBuilder {
    options: RunOptions,
    without_prefect: bool,
    force_nodes_as_tasks: bool,
    told: Told,
    hooks: HookOptions,
}

impl PrefectDbtRunnerBuilder {
    /// Directories and log level; those of the environment (`DBT_*`) when not given.
    pub fn settings(mut self, settings: PrefectDbtSettings) -> Self {
        self.options.settings = settings;
        self
    }

    /// Whether dbt's nodes become task runs even outside of a flow run; they do not by default. Such task runs belong to no
    /// flow run, and so have no page that shows them together.
    pub fn force_nodes_as_tasks(mut self, force: bool) -> Self {
        self.force_nodes_as_tasks = force;
        self
    }

    /// Whether failures in dbt are an error of [`invoke`](PrefectDbtRunner::invoke) and fail the flow run; they do by
    /// default. That dbt could not run at all is an error in any case.
    pub fn raise_on_failure(mut self, raise: bool) -> Self {
        self.options.raise_on_failure = Some(raise);
        self
    }

    /// The connection to Prefect; the one that Prefect's settings describe when not given.
    pub fn client(mut self, client: Client) -> Self {
        self.options.client = Some(client);
        self
    }

    /// No Prefect, whatever is configured.
    pub fn without_prefect(mut self) -> Self {
        self.without_prefect = true;
        self
    }

    /// The dbt executable; when not given, that in `PREFECT_DBT_EXECUTABLE`, else the one that
    /// [`find_dbt`](crate::dbt::find_dbt) finds.
    pub fn dbt(mut self, dbt: impl Into<PathBuf>) -> Self {
        self.options.dbt = Some(dbt.into());
        self
    }

    /// Whether no asset is reported, whatever the project says.
    pub fn disable_assets(mut self, disable: bool) -> Self {
        self.options.disable_assets = Some(disable);
        self
    }

    /// Whether the descriptions of assets end with the compiled code.
    pub fn include_compiled_code(mut self, include: bool) -> Self {
        self.options.include_compiled_code = Some(include);
        self
    }

    /// Other asset keys than the usual ones.
    pub fn asset_key(mut self, hook: AssetKeyHook) -> Self {
        self.options.asset_key = Some(hook);
        self
    }

    /// Whether the flow run gets an artifact with a summary; it does by default.
    pub fn summary_artifact(mut self, wanted: bool) -> Self {
        self.options.summary_artifact = Some(wanted);
        self
    }

    /// A manifest that is up to date: hooks of the run's start learn from it what is scheduled, and `dbt parse` is
    /// spared. dbt itself reads the project in any case.
    pub fn manifest(mut self, manifest: Arc<Manifest>) -> Self {
        self.hooks.manifest = Some(manifest);
        self
    }

    /// Calls `on_event` for everything that dbt says. dbt waits for it: it must return quickly.
    pub fn on_event(mut self, on_event: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.told.on_event.push(Arc::new(on_event));
        self
    }

    /// Watches the run: its journal, dbt's data, notices and warnings. Warnings go to `tracing` in any case.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.told.observer = Some(observer);
        self
    }

    /// How long a hook may take before it counts as hanging; a minute when not given.
    pub fn hook_patience(mut self, patience: Duration) -> Self {
        self.hooks.warn_after = patience;
        self
    }

    /// Whether `dbt parse` may run first, when hooks of the run's start want to know what is scheduled and the manifest
    /// is not up to date; it may by default.
    pub fn parse_for_hooks(mut self, may_parse: bool) -> Self {
        self.hooks.may_parse = may_parse;
        self
    }

    /// How long dbt may take; for ever when not given.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// How long the server is asked after a run whether it has everything; 3 seconds when not given.
    pub fn verify_timeout(mut self, timeout: Duration) -> Self {
        self.options.verify_timeout = Some(timeout);
        self
    }

    /// How long after a run an outage of the Prefect API is waited out. When not given: 10 minutes for the engine of a flow run,
    /// otherwise the time of [`verify_timeout`](Self::verify_timeout).
    pub fn delivery_timeout(mut self, timeout: Duration) -> Self {
        self.options.delivery_timeout = Some(timeout);
        self
    }

    /// The folder of journals; that of the project when not given.
    pub fn journal_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.options.journal_dir = Some(dir.into());
        self
    }

    /// The runner. Options that are not set come from the environment when a run starts.
    ///
    /// # Errors
    /// When Prefect's settings are wrong.
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
            told: self.told,
            hook_options: self.hooks,
            hooks: Hooks::default(),
        }))
    }
}
