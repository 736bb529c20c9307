//! The options of a run: one struct for the command line, the runner and a single invocation.

use std::path::PathBuf;
use std::time::Duration;

use prefect_client::Client;

use super::ledger_mode::LedgerMode;
use super::lock_options::{LockLost, LockMode};
use super::retry_strategy::RetryStrategy;
use super::settings::PrefectDbtSettings;
use crate::dbt::Launcher;
use crate::heal::HealPattern;
use crate::model::Stopper;
use crate::prefect::control::StopSources;
use crate::track::AssetKeyHook;

/// How dbt runs and how the run is reported.
///
/// A field that is `None` is unset. Options of an [`Invocation`](super::invocation::Invocation) beat those of the runner, which
/// beat the environment. The default that a field names is used if nothing sets it; it applies when the run starts.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RunOptions {
    /// Directories and log levels.
    pub settings: PrefectDbtSettings,
    /// The dbt executable. Default: `PREFECT_DBT_EXECUTABLE`, then what [`find_dbt`](crate::find_dbt) finds.
    pub dbt: Option<PathBuf>,
    /// Whether the launcher may start dbt. Default: `PREFECT_DBT_LAUNCHER`, then [`Launcher::Auto`].
    pub launcher: Option<Launcher>,
    /// The connection to the Prefect API. Default: the run is not reported.
    pub client: Option<Client>,
    /// Whether failed nodes make the run fail. Default: true.
    pub raise_on_failure: Option<bool>,
    /// Whether an empty selection makes the run fail. Default: false.
    pub fail_on_empty: Option<bool>,
    /// The longest time that dbt may take; then it is stopped and the run ends `TimedOut`. Default: no limit.
    pub timeout: Option<Duration>,
    /// The longest time after dbt's end for the check that the server has recorded every task run. Default: 3 seconds.
    pub verify_timeout: Option<Duration>,
    /// The longest time after dbt's end in which an outage of the Prefect API is waited out; after a signal, `verify_timeout`
    /// counts. At its start, the engine of a flow run waits as long, but at most 5 minutes. Default: 10 minutes for the engine
    /// of a flow run, otherwise `verify_timeout`.
    pub delivery_timeout: Option<Duration>,
    /// The most log lines and events that are sent to Prefect in a minute. dbt is never slowed down: entries that are not
    /// sent when `verify_timeout` is over stay in the journal. Default: no limit.
    pub rate: Option<u32>,
    /// The most log lines and events that are sent to Prefect in the run. As it fills, debug logs are left out first, then
    /// info logs, references to assets, and other entries; the end of a node is always sent. Default: no limit.
    pub budget: Option<u32>,
    /// Whether no asset is reported, even if the project enables assets. Default: false.
    pub disable_assets: Option<bool>,
    /// Whether the descriptions of assets end with the compiled code. Default: false.
    pub include_compiled_code: Option<bool>,
    /// A function that chooses asset keys. Default: the keys of Prefect's Python package.
    pub asset_key: Option<AssetKeyHook>,
    /// Whether the flow run gets an artifact with a summary. Default: true.
    pub summary_artifact: Option<bool>,
    /// Whether the outcome holds the manifest and dbt's results; those of thousands of nodes take a lot of memory.
    /// Default: true.
    pub keep_artifacts: Option<bool>,
    /// The folder of journals and attempt records. Default: `.prefect-dbt` in the project.
    pub journal_dir: Option<PathBuf>,
    /// Whether status and duration of each node are kept on disk, for comparison with later runs. Default: true.
    pub history: Option<bool>,
    /// The maximum number of retries of a failed run. Default: the number that the flow run has.
    pub retries: Option<u32>,
    /// The pause before a retry, in whole seconds. Default: none.
    pub retry_delay: Option<Duration>,
    /// What a retry runs. Default: [`RetryStrategy::Auto`]; in a `Flow`, what its closure returns.
    pub retry_strategy: Option<RetryStrategy>,
    /// How many times dbt may run again within an attempt, for the nodes whose failure looks transient and for what it skipped
    /// below them. Only nodes that can be repeated run again: views, tables, seeds, tests, snapshots, and incremental models that
    /// replace rows by a key. Default: 0.
    pub heal: Option<u32>,
    /// Messages of errors that count as transient, beside those that are known of the adapter. Default: none.
    pub heal_on: Option<HealPattern>,
    /// Whether nodes also run again in a project with `on-run-start` or `on-run-end` hooks, which then run again, too.
    /// Default: false.
    pub heal_hooks: Option<bool>,
    /// Whether Prefect keeps what a retry needs. Default: [`LedgerMode::Auto`] on the command line, where retries read
    /// it, else [`LedgerMode::Off`].
    pub ledger: Option<LedgerMode>,
    /// The lock that a command takes before it writes to the database, so that no other run with the same lock does so at the
    /// same time. Default: `PREFECT_DBT_LOCK`, then [`LockMode::Off`].
    pub lock: Option<LockMode>,
    /// The longest time to wait for the lock; then the run fails. Default: no limit.
    pub lock_timeout: Option<Duration>,
    /// What the run does if it loses the lock. Default: [`LockLost::Warn`].
    pub lock_lost: Option<LockLost>,
    /// What stops the run. Those of the runner, the flow and the invocation all do. Default: none.
    pub stoppers: Vec<Stopper>,
    /// Whether SIGINT (Ctrl-C) and other signals that end a process stop the run instead. Default: false.
    pub handle_signals: Option<bool>,
}

impl RunOptions {
    /// These options, completed with those of `defaults` where a field is unset.
    #[must_use]
    pub fn or(self, defaults: &Self) -> Self {
        let defaults = defaults.clone();
        Self {
            settings: self.settings.or(defaults.settings),
            dbt: self.dbt.or(defaults.dbt),
            launcher: self.launcher.or(defaults.launcher),
            client: self.client.or(defaults.client),
            raise_on_failure: self.raise_on_failure.or(defaults.raise_on_failure),
            fail_on_empty: self.fail_on_empty.or(defaults.fail_on_empty),
            timeout: self.timeout.or(defaults.timeout),
            verify_timeout: self.verify_timeout.or(defaults.verify_timeout),
            delivery_timeout: self.delivery_timeout.or(defaults.delivery_timeout),
            rate: self.rate.or(defaults.rate),
            budget: self.budget.or(defaults.budget),
            disable_assets: self.disable_assets.or(defaults.disable_assets),
            include_compiled_code: self
                .include_compiled_code
                .or(defaults.include_compiled_code),
            asset_key: self.asset_key.or(defaults.asset_key),
            summary_artifact: self.summary_artifact.or(defaults.summary_artifact),
            keep_artifacts: self.keep_artifacts.or(defaults.keep_artifacts),
            journal_dir: self.journal_dir.or(defaults.journal_dir),
            history: self.history.or(defaults.history),
            retries: self.retries.or(defaults.retries),
            retry_delay: self.retry_delay.or(defaults.retry_delay),
            retry_strategy: self.retry_strategy.or(defaults.retry_strategy),
            heal: self.heal.or(defaults.heal),
            heal_on: self.heal_on.or(defaults.heal_on),
            heal_hooks: self.heal_hooks.or(defaults.heal_hooks),
            ledger: self.ledger.or(defaults.ledger),
            lock: self.lock.or(defaults.lock),
            lock_timeout: self.lock_timeout.or(defaults.lock_timeout),
            lock_lost: self.lock_lost.or(defaults.lock_lost),
            stoppers: [self.stoppers, defaults.stoppers].concat(),
            handle_signals: self.handle_signals.or(defaults.handle_signals),
        }
    }

    /// What stops the run from within its program.
    pub(crate) fn stop_sources(&self) -> StopSources {
        StopSources {
            stoppers: self.stoppers.clone(),
            signals: self.handle_signals.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_of_the_invocation_beats_the_runner_even_if_it_is_the_default_value() {
        let invocation = RunOptions {
            raise_on_failure: Some(true),
            verify_timeout: Some(Duration::from_secs(3)),
            ..RunOptions::default()
        };
        let runner = RunOptions {
            raise_on_failure: Some(false),
            verify_timeout: Some(Duration::from_secs(60)),
            timeout: Some(Duration::from_secs(9)),
            ..RunOptions::default()
        };
        let both = invocation.or(&runner);
        assert_eq!(both.raise_on_failure, Some(true));
        assert_eq!(both.verify_timeout, Some(Duration::from_secs(3)));
        assert_eq!(both.timeout, Some(Duration::from_secs(9)));
    }
}
