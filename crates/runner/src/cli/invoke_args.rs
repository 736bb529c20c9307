//! The options of `prefect-dbt invoke`, in the sections of its help.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};
use uuid::Uuid;

use super::hooks::HookArgs;
use crate::dbt::Launcher;
use crate::heal::HealPattern;
use crate::request::{LedgerMode, LockLost, LockMode, RetryStrategy};

/// Run dbt and report the run to Prefect.
///
/// Options before the first positional argument or `--` belong to prefect-dbt. Everything from there on belongs to dbt, so
/// `invoke build --retries 2` passes --retries to dbt. An example: `prefect-dbt invoke --retries 2 -- build --select tag:nightly`.
/// Flags of dbt, such as --target, are given to dbt; --project-dir, --profiles-dir, --target-path and --log-level can be given on
/// either side, and those of dbt win.
///
/// The run is reported to the flow run given with --flow-run-id, otherwise to the one that a Prefect worker started this
/// process for, otherwise to a new flow run. If no Prefect API is configured (PREFECT_API_URL), dbt runs and nothing is
/// reported, unless Prefect is needed (exit code 3). If the API is not reachable, a run that creates its flow run goes on, and
/// what cannot be sent stays in its journal: the next run in the project delivers it, or `prefect-dbt replay`.
///
/// profiles.yml can refer to Prefect variables and blocks; see `prefect-dbt help render-profiles`. Runs that use the same target folder
/// wait for each other.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct InvokeArgs {
    /// Talk to the program that started this one over the socket at standard input, as the Python package does.
    #[arg(long, hide = true)]
    pub(super) channel: bool,
    /// dbt's command and arguments.
    // Before the sections: an argument is shown in the section of the one before it.
    #[arg(required = true, value_name = "DBT ARGUMENTS")]
    pub(super) args: Vec<String>,
    #[command(flatten)]
    pub(super) dbt: DbtOptions,
    #[command(flatten)]
    pub(super) prefect: PrefectOptions,
    #[command(flatten)]
    pub(super) retry: RetryOptions,
    #[command(flatten)]
    pub(super) hooks: HookArgs,
    #[command(flatten)]
    pub(super) lock: LockArgs,
    #[command(flatten)]
    pub(super) limits: LimitOptions,
    #[command(flatten)]
    pub(super) output: OutputOptions,
}

/// How dbt is found and started.
#[derive(Debug, Args)]
#[command(next_help_heading = "dbt")]
pub(super) struct DbtOptions {
    /// The dbt executable [env: PREFECT_DBT_EXECUTABLE] [default: the first of $VIRTUAL_ENV/bin/dbt, ./.venv/bin/dbt, and dbt
    /// in PATH].
    #[arg(
        long,
        env = "PREFECT_DBT_EXECUTABLE",
        hide_env = true,
        value_name = "PATH"
    )]
    pub(super) dbt: Option<PathBuf>,
    /// Folder with dbt_project.yml [env: DBT_PROJECT_DIR] [default: the working directory, or the nearest folder above it
    /// that has one].
    #[arg(long, value_name = "DIR")]
    pub(super) project_dir: Option<PathBuf>,
    /// Folder with profiles.yml [env: DBT_PROFILES_DIR] [default: the working directory if it has one, otherwise ~/.dbt].
    #[arg(long, value_name = "DIR")]
    pub(super) profiles_dir: Option<PathBuf>,
    /// Folder that dbt writes its artifacts to, relative to the project [env: DBT_TARGET_PATH] [default: `target-path` of
    /// dbt_project.yml, otherwise `target`].
    #[arg(long, value_name = "DIR")]
    pub(super) target_path: Option<PathBuf>,
    /// How dbt Core is started: the launcher runs it in the Python in which it is installed, faster than the `dbt` script does
    /// [env: PREFECT_DBT_LAUNCHER] [default: auto].
    #[arg(long, value_name = "MODE", value_parser = launcher_choices())]
    pub(super) launcher: Option<String>,
    /// Lowest level of the log lines that are shown and reported, but none below PREFECT_LOGGING_LEVEL: for debug lines, set that
    /// to DEBUG; `none` for no lines [env: DBT_LOG_LEVEL] [default: the level of PREFECT_LOGGING_LEVEL, otherwise info].
    #[arg(long, ignore_case = true, value_name = "LEVEL", value_parser = PossibleValuesParser::new(["debug", "info", "warn", "error", "none"]))]
    pub(super) log_level: Option<String>,
}

/// Which flow run gets the report, and what it has.
#[derive(Debug, Args)]
#[command(next_help_heading = "Prefect")]
pub(super) struct PrefectOptions {
    /// Name of the flow, if a flow run is created [default: `dbt` and the command, such as `dbt build`].
    #[arg(long, value_name = "NAME")]
    pub(super) flow_name: Option<String>,
    /// Name of the flow run, if one is created [default: a random name].
    #[arg(long, value_name = "NAME")]
    pub(super) flow_run_name: Option<String>,
    /// Report to this flow run; its state is not changed unless --engine is given [default: that of
    /// PREFECT__FLOW_RUN_ID, which Prefect's workers set].
    ///
    /// If the flow run of PREFECT__FLOW_RUN_ID has not started yet, this process owns it, as with --engine. If it is already
    /// running, the run is reported to it, and its state is not changed. If the variable is not set either, a new flow run is
    /// created, and this process owns it.
    ///
    /// If this flow run cannot be read, dbt is not started and the exit code is 3: at once if it is given here without --engine,
    /// otherwise after the wait that --delivery-timeout explains.
    #[arg(long, value_name = "ID", value_parser = flow_run_id)]
    pub(super) flow_run_id: Option<Uuid>,
    /// Own the flow run of --flow-run-id: set its states, apply its parameters to dbt's arguments, and do its retries.
    ///
    /// Without --flow-run-id, it is the flow run that a worker started this process for; such a process is its owner without
    /// this option, too, unless the flow run is already running. `prefect-dbt deploy` sets it, so that a container that starts
    /// again continues its flow run. Do not use it in a Python flow, which sets its own states. `prefect-dbt help deploy` lists
    /// the parameters. If neither --flow-run-id nor PREFECT__FLOW_RUN_ID is set, the exit code is 2. If the API is not reachable
    /// for 300 seconds, or for --delivery-timeout if that is shorter, dbt is not started and the exit code is 3.
    #[arg(long)]
    pub(super) engine: bool,
    /// Tag for the flow run, if one is created; can be repeated.
    #[arg(long = "tag", value_name = "TAG")]
    pub(super) tags: Vec<String>,
    /// Append the compiled SQL to the descriptions of Prefect assets.
    #[arg(long)]
    pub(super) include_compiled_code: bool,
    /// Report no Prefect assets, even if the project enables them (`meta.prefect.enable_assets`).
    #[arg(long)]
    pub(super) disable_assets: bool,
    /// Do not create the Prefect artifact with the summary of the run.
    #[arg(long)]
    pub(super) no_summary_artifact: bool,
    /// Report nothing, as if no Prefect API were configured; the flow run of PREFECT__FLOW_RUN_ID is not changed.
    ///
    /// --engine and --flow-run-id cannot be given with it (exit code 2). --lock, and references to Prefect in profiles.yml, are
    /// errors (exit code 3).
    #[arg(long)]
    pub(super) no_prefect: bool,
}

/// What happens after a failed attempt.
#[derive(Debug, Args)]
#[command(next_help_heading = "Retries")]
pub(super) struct RetryOptions {
    /// Maximum number of retries of a run that ends Failed or TimedOut [default: those of the flow run if it exists, otherwise
    /// PREFECT_FLOWS_DEFAULT_RETRIES, otherwise 0; 0 if another process owns the flow run, such as a Python flow, which has
    /// retries of its own].
    ///
    /// Retried are failed nodes, an error that dbt ends with once it is started (such as a compilation error), an attempt that
    /// took longer than --timeout, a lost lock (--lock-lost stop), and an empty selection with --fail-on-empty. Not retried are
    /// runs that end Crashed (dbt was killed by a signal, or because memory ran out), were cancelled, or in which dbt was not
    /// started: it was not found, an option is invalid, --lock-timeout was over.
    #[arg(long, value_name = "N")]
    pub(super) retries: Option<u32>,
    /// Seconds between two attempts; needs --retries [default: that of the flow run, or
    /// PREFECT_FLOWS_DEFAULT_RETRY_DELAY_SECONDS, where the retries come from there; otherwise 0].
    #[arg(long, value_name = "SECONDS", requires = "retries", value_parser = seconds)]
    pub(super) retry_delay: Option<Duration>,
    /// What a retry runs [default: auto].
    #[arg(long, value_name = "STRATEGY", default_value = "auto", hide_default_value = true, value_parser = retry_strategies())]
    pub(super) retry_strategy: String,
    /// Where the ledger is kept, the list of the nodes that are done: with it in Prefect, the same flow run can be retried on
    /// another machine (a new pod, Retry in the UI) as --retry-strategy says, as if the disk were still there [default: auto].
    #[arg(long, value_name = "WHERE", default_value = "auto", hide_default_value = true, value_parser = ledger_modes())]
    pub(super) ledger: String,
    /// Within an attempt, run dbt again up to N times for nodes whose failure looks transient, such as a lost connection or a
    /// deadlock, and for what was skipped below them [default: 0].
    ///
    /// Only nodes that can be repeated run again: views, tables, seeds, tests, snapshots, and incremental models that replace
    /// rows by a key. The pause before a round doubles from 2 seconds up to a minute.
    #[arg(long, value_name = "N")]
    pub(super) heal: Option<u32>,
    /// Regular expression for messages of errors that count as transient, too; needs --heal.
    #[arg(long, value_name = "REGEX", requires = "heal")]
    pub(super) heal_on: Option<HealPattern>,
    /// Run nodes again even if the project has on-run-start or on-run-end hooks, which then run again; needs --heal.
    #[arg(long, requires = "heal")]
    pub(super) heal_hooks: bool,
}

/// Which other runs must not write at the same time.
#[derive(Debug, Args)]
#[command(next_help_heading = "Lock")]
pub(super) struct LockArgs {
    /// Before a command that writes to the database, wait until no other run with the same lock does, on any host: off, auto,
    /// or a name [env: PREFECT_DBT_LOCK] [default: off].
    ///
    /// `auto` locks the target: its name is a hash of adapter, host or account, database and schema. A name is that of a global
    /// concurrency limit of Prefect, which is created with one slot if it does not exist; if it has more, as many runs hold it.
    ///
    /// The lock is held until the last retry has ended, and renewed meanwhile. If this process is killed, it is free about a
    /// minute later. Without a Prefect API, the run fails with exit code 3.
    #[arg(long, value_name = "LOCK", value_parser = lock_mode)]
    pub(super) lock: Option<LockMode>,
    /// Seconds to wait for the lock; then the run fails, and dbt is not started (exit code 2) [default: no limit but
    /// --timeout].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) lock_timeout: Option<Duration>,
    /// What to do if the lock is lost, because it could not be renewed for a minute [default: warn].
    #[arg(long, value_name = "WHAT", default_value = "warn", hide_default_value = true, value_parser = lock_lost_choices())]
    pub(super) lock_lost: String,
}

/// How long a run takes, and how much is sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitOptions {
    /// Maximum seconds of one attempt; then dbt is stopped, and the attempt ends TimedOut (exit code 1). A wait for the lock, for
    /// another run in the same target folder, or for --on-run-start counts; a retry has its own limit [default: no limit].
    #[arg(long, value_name = "SECONDS", value_parser = time_limit)]
    pub(super) timeout: Option<Duration>,
    /// Seconds to wait after the run for Prefect to confirm that it has everything; then the run ends all the same, and the
    /// journal keeps what is missing [default: 3].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) verify_timeout: Option<Duration>,
    /// Seconds to wait after the run while the Prefect API is not reachable [default: 600 with --engine or under a worker,
    /// otherwise that of --verify-timeout].
    ///
    /// "Under a worker" means for the flow run of PREFECT__FLOW_RUN_ID, if it was not running yet. After that time, the journal
    /// keeps what is missing; with --engine or under a worker, the exit code is 3 then, also if dbt failed. After a signal, the
    /// wait is that of --verify-timeout. With --engine, or if PREFECT__FLOW_RUN_ID names the flow run, there is also a wait before
    /// dbt starts, until the API is reachable: as long, but at most 300 seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) delivery_timeout: Option<Duration>,
    /// Maximum number of log lines and events to send per minute; dbt is not slowed down, and what is not sent in time stays
    /// in the journal [default: no limit].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rate: Option<u32>,
    /// About how many log lines and events of the run to send at most [default: no limit].
    ///
    /// Near the limit, debug lines and starts of nodes are dropped first, then other log lines and assets: they are not sent
    /// later, either. Ends of nodes are always sent.
    #[arg(long, value_name = "N")]
    pub(super) budget: Option<u32>,
}

/// What the run prints and keeps, and what counts as a failure.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputOptions {
    /// Show only warnings, errors and failures; Prefect gets the log lines that --log-level says.
    #[arg(long)]
    pub(super) quiet: bool,
    /// What to print to stdout [default: text].
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        hide_default_value = true
    )]
    pub(super) output: Output,
    /// Failed nodes do not fail the run: the exit code is 0, and the flow run ends Completed.
    ///
    /// The failures are still shown and reported; --heal runs nodes again, but --retries does not repeat the run. The same holds
    /// for an empty selection with --fail-on-empty. The run still fails if it takes longer than --timeout, loses its lock with
    /// --lock-lost stop (exit code 1), or if dbt cannot run (exit code 2).
    #[arg(long)]
    pub(super) no_raise_on_failure: bool,
    /// End the run Failed (exit code 1) if the selection is empty and dbt runs nothing; --retries repeats it. With
    /// --no-raise-on-failure, it ends Completed (exit code 0), with a message.
    #[arg(long)]
    pub(super) fail_on_empty: bool,
    /// Folder of journals and history, relative to the working directory; give the same one to `prefect-dbt plan` and `report`,
    /// and as the argument to `replay` [default: .prefect-dbt in the project].
    ///
    /// A journal is a file with everything that is reported about the run. It is deleted when Prefect has confirmed all of
    /// it; otherwise, `prefect-dbt replay` can send what is missing. Of runs without Prefect, the last ten are kept.
    #[arg(long, value_name = "DIR")]
    pub(super) journal_dir: Option<PathBuf>,
    /// Do not store states and durations of the nodes for `prefect-dbt plan` and `report`, and do not compare the run with
    /// earlier ones.
    #[arg(long)]
    pub(super) no_history: bool,
}

const AFTER_HELP: &str = "\
Examples:
  prefect-dbt invoke -- build --select tag:nightly
  prefect-dbt invoke --flow-name nightly --retries 2 --retry-delay 60 -- build --target prod
  prefect-dbt invoke --post-model 'tag:critical=./notify.sh' --on-run-end ./summary.sh -- build
  prefect-dbt invoke --timeout 3600 --output json -- run > result.json

Exit codes:
  0    success
  1    dbt reported failures, the last attempt took longer than --timeout, nothing was selected
       (--fail-on-empty), or the lock was lost (--lock-lost stop)
  2    dbt could not run: its own error, an invalid option, dbt not found, a missing profile, block
       or variable, a lock that was not free within --lock-timeout; or dbt was killed by a signal
       of another process
  3    Prefect refused the run or was not reachable, where Prefect is needed: for the flow run of
       --flow-run-id before dbt starts, for one that this process owns (--engine, or a worker's),
       for a lock, or because profiles.yml refers to Prefect
  130  interrupted (Ctrl-C), or cancelled through Prefect
  137  dbt was killed because memory ran out
  143  terminated by SIGTERM (0 if PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR is `reschedule`)";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// The data that dbt prints, such as the lines of `ls` and `show`. Log lines go to stderr.
    Text,
    /// One JSON object with the result of the run.
    Json,
}

/// The values of `--retry-strategy`, in the order of [`RetryStrategy::NAMES`].
fn retry_strategies() -> PossibleValuesParser {
    let help = [
        "Run `dbt retry` if it would run every node that did not succeed; otherwise the whole command",
        "Run `dbt retry` whenever dbt wrote results, even if it may miss nodes that never started",
        "Run the whole command",
    ];
    let values = RetryStrategy::NAMES.iter().zip(help);
    PossibleValuesParser::new(values.map(|(name, help)| PossibleValue::new(*name).help(help)))
}

/// The values of `--ledger`, in the order of [`LedgerMode::NAMES`].
fn ledger_modes() -> PossibleValuesParser {
    let help = [
        "On disk, and in Prefect if this process owns the flow run",
        "As auto, and warn if the Prefect server does not store it",
        "On disk, never in Prefect: a retry on another machine runs the whole command",
    ];
    let values = LedgerMode::NAMES.iter().zip(help);
    PossibleValuesParser::new(values.map(|(name, help)| PossibleValue::new(*name).help(help)))
}

/// The values of `--lock-lost`, in the order of [`LockLost::NAMES`].
fn lock_lost_choices() -> PossibleValuesParser {
    let help = [
        "Show a warning; dbt goes on, and the lock is taken again if it becomes free",
        "Stop dbt; the run ends Failed (exit code 1), and a retry takes the lock anew",
    ];
    let values = LockLost::NAMES.iter().zip(help);
    PossibleValuesParser::new(values.map(|(name, help)| PossibleValue::new(*name).help(help)))
}

/// Reads a lock.
fn lock_mode(text: &str) -> Result<LockMode, String> {
    let expected = "expected off, auto or a name without / % & < > and without spaces at its ends";
    LockMode::from_text(text).ok_or_else(|| expected.to_owned())
}

/// The values of `--launcher`, in the order of [`Launcher::NAMES`].
fn launcher_choices() -> PossibleValuesParser {
    let help = [
        "Use the launcher if dbt is the script that pip installs; start anything else as it is",
        "Start dbt as it is; try this if dbt behaves differently here",
    ];
    let values = Launcher::NAMES.iter().zip(help);
    PossibleValuesParser::new(values.map(|(name, help)| PossibleValue::new(*name).help(help)))
}

/// Reads the id of a flow run.
fn flow_run_id(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "expected a UUID".to_owned())
}

/// Reads a number of seconds above zero.
fn time_limit(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        Duration::ZERO => Err("expected more than 0 seconds".to_owned()),
        limit => Ok(limit),
    }
}

/// Reads a number of seconds, fractions allowed.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| "expected a number of seconds".to_owned())?;
    let most = Duration::from_secs(366 * 24 * 60 * 60);
    let duration = Duration::try_from_secs_f64(number).map_err(|error| error.to_string())?;
    if duration > most {
        return Err("expected at most a year, given in seconds".to_owned());
    }
    Ok(duration)
}
