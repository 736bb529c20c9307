//! `prefect-dbt invoke`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::console::{Printer, RunConsole, wait_until_shown};
use crate::dbt::Launcher;
use crate::hooks::{HookOptions, Hooks};
use crate::model::{LogLevel, StateKind, Stopper, error_chain, exit_codes};
use crate::observe::Observer;
use crate::outcome::{Error, Outcome, client_from_env, run_summary, undelivered};
use crate::prefect::control::forward_signals;
use crate::request::{FlowChoice, Invocation, LedgerMode, RetryStrategy};
use crate::retry;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};
use prefect_client::Client;
use tokio::time::Instant;
use uuid::Uuid;

use super::channel;
use super::error_report::ErrorReport;
use super::hooks::HookArgs;
use super::json_result::ResultObject;
use super::logging;

/// Run dbt and report the run to Prefect.
///
/// Options before the first positional argument or `--` belong to prefect-dbt. Everything from there on belongs to dbt, so
/// `invoke build --retries 2` passes --retries to dbt. An example: `prefect-dbt invoke --retries 2 -- build --select tag:nightly`.
///
/// The run is reported to the flow run given with --flow-run-id, otherwise to the one that a Prefect worker started this
/// process for, otherwise to a new flow run. If no Prefect API is configured (PREFECT_API_URL), dbt runs and nothing is
/// reported. If the API is not reachable, a run that creates its flow run goes on, and what cannot be sent stays in its
/// journal: `prefect-dbt replay` delivers it later.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct InvokeArgs {
    /// The dbt executable [env: PREFECT_DBT_EXECUTABLE] [default: the first of $VIRTUAL_ENV/bin/dbt, ./.venv/bin/dbt, and dbt
    /// in PATH].
    #[arg(
        long,
        env = "PREFECT_DBT_EXECUTABLE",
        hide_env = true,
        value_name = "PATH"
    )]
    dbt: Option<PathBuf>,
    /// Folder with dbt_project.yml [env: DBT_PROJECT_DIR] [default: the working directory, or the nearest folder above it
    /// that has one].
    #[arg(long, value_name = "DIR")]
    project_dir: Option<PathBuf>,
    /// Folder with profiles.yml [env: DBT_PROFILES_DIR] [default: the working directory if it has one, otherwise ~/.dbt].
    #[arg(long, value_name = "DIR")]
    profiles_dir: Option<PathBuf>,
    /// Folder that dbt writes its artifacts to, relative to the project [env: DBT_TARGET_PATH] [default: `target-path` of
    /// dbt_project.yml, otherwise `target`].
    #[arg(long, value_name = "DIR")]
    target_path: Option<PathBuf>,
    /// Whether dbt Core starts by a launcher in its own Python, which is faster than its console script
    /// [env: PREFECT_DBT_LAUNCHER] [default: auto].
    #[arg(long, value_name = "WHEN", value_parser = launcher_choices())]
    launcher: Option<String>,
    /// Hide log lines below this level [env: DBT_LOG_LEVEL] [default: the level of PREFECT_LOGGING_LEVEL].
    ///
    /// It can hide more than PREFECT_LOGGING_LEVEL does, never less; `none` hides all. Hidden lines are not reported, either.
    #[arg(long, ignore_case = true, value_name = "LEVEL", value_parser = PossibleValuesParser::new(["debug", "info", "warn", "error", "none"]))]
    log_level: Option<String>,
    /// Name of the flow, if a flow run is created [default: `dbt` and the command, such as `dbt build`].
    #[arg(long, value_name = "NAME")]
    flow_name: Option<String>,
    /// Name of the flow run, if one is created [default: a random name].
    #[arg(long, value_name = "NAME")]
    flow_run_name: Option<String>,
    /// Report to this flow run; its state is not changed unless --engine is given [default: that of
    /// PREFECT__FLOW_RUN_ID, which Prefect's workers set].
    ///
    /// If the flow run of PREFECT__FLOW_RUN_ID has not started yet, this process owns it, as with --engine. If it is already
    /// running, the run is reported to it, and its state is not changed. If the variable is not set either, a new flow run is
    /// created.
    ///
    /// If this flow run cannot be read, dbt is not started and the exit code is 3.
    #[arg(long, value_name = "ID", value_parser = flow_run_id)]
    flow_run_id: Option<Uuid>,
    /// Own the flow run: set its states, apply its parameters to dbt's arguments, and do its retries.
    ///
    /// The flow run is that of --flow-run-id, otherwise the one that a worker started this process for. If this flow run
    /// cannot be read within 300 seconds, or within --delivery-timeout if that is shorter, dbt is not started and the exit
    /// code is 3.
    #[arg(long)]
    engine: bool,
    /// Tag for the flow run, if one is created; can be repeated.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Maximum number of retries of a failed run [default: those of the flow run, otherwise
    /// PREFECT_FLOWS_DEFAULT_RETRIES, otherwise 0].
    #[arg(long, value_name = "N")]
    retries: Option<u32>,
    /// Seconds between two attempts; needs --retries [default: that of the flow run or of Prefect's settings if they set the
    /// retries, otherwise 0].
    #[arg(long, value_name = "SECONDS", requires = "retries", value_parser = seconds)]
    retry_delay: Option<Duration>,
    /// What a retry runs [default: auto].
    #[arg(long, value_name = "STRATEGY", default_value = "auto", hide_default_value = true, value_parser = retry_strategies())]
    retry_strategy: String,
    /// Whether Prefect keeps the ledger, from which a retry on another machine runs only what was not done [default: auto].
    #[arg(long, value_name = "WHERE", default_value = "auto", hide_default_value = true, value_parser = ledger_modes())]
    ledger: String,
    /// Stop an attempt after this number of seconds, also while it waits for another run in the same target folder. The run
    /// ends TimedOut (exit code 1) [default: no limit].
    #[arg(long, value_name = "SECONDS", value_parser = time_limit)]
    timeout: Option<Duration>,
    /// Failed nodes do not fail the run: the exit code is 0, and the flow run ends Completed.
    ///
    /// The failures are still shown and reported. Errors with which dbt cannot run are not covered (exit code 2).
    #[arg(long)]
    no_raise_on_failure: bool,
    /// Exit 1 if the selection is empty and dbt runs nothing.
    #[arg(long)]
    fail_on_empty: bool,
    /// Append the compiled SQL to the descriptions of Prefect assets.
    #[arg(long)]
    include_compiled_code: bool,
    /// Report no Prefect assets, even if the project enables them.
    #[arg(long)]
    disable_assets: bool,
    /// Do not create the Prefect artifact with the summary of the run.
    #[arg(long)]
    no_summary_artifact: bool,
    /// Keep no history of the run on disk, and do not compare it with earlier runs.
    #[arg(long)]
    no_history: bool,
    #[command(flatten)]
    hooks: HookArgs,
    /// Do not report to Prefect, even if an API is configured.
    #[arg(long)]
    no_prefect: bool,
    /// Seconds to wait after the run for Prefect to confirm that it has everything; then the run ends all the same, and the
    /// journal keeps what is missing [default: 3].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    verify_timeout: Option<Duration>,
    /// Seconds to wait after the run for a Prefect API that is away [default: 600 with --engine or under a worker, otherwise
    /// that of --verify-timeout].
    ///
    /// If the end of the flow run is not delivered by then, --engine exits with code 3. Before dbt starts, --engine waits as
    /// long, but at most 300 seconds. After a signal, --verify-timeout counts.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    delivery_timeout: Option<Duration>,
    /// Maximum number of log lines and events to send per minute; dbt is not slowed down, and what is not sent in time stays
    /// in the journal [default: no limit].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Maximum number of log lines and events of the run to send [default: no limit].
    ///
    /// As the limit nears, debug lines and starts of nodes are dropped first, then other log lines and assets. Ends of nodes
    /// are sent even beyond it.
    #[arg(long, value_name = "N")]
    budget: Option<u32>,
    /// Folder for the journal [default: .prefect-dbt in the project].
    ///
    /// A journal is a file with everything that is reported about the run. It is deleted when Prefect has confirmed all of
    /// it. Otherwise, `prefect-dbt replay` can send what is missing.
    #[arg(long, value_name = "DIR")]
    journal_dir: Option<PathBuf>,
    /// Show only warnings, errors and failures.
    #[arg(long)]
    quiet: bool,
    /// What to print to stdout [default: text].
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        hide_default_value = true
    )]
    output: Output,
    /// Talk to the program that started this one over the socket at standard input, as the Python package does.
    #[arg(long, hide = true)]
    channel: bool,
    /// dbt's command and arguments.
    #[arg(required = true, value_name = "DBT ARGUMENTS")]
    args: Vec<String>,
}

impl InvokeArgs {
    /// dbt's command and arguments.
    pub(super) fn dbt_args(&self) -> &[String] {
        &self.args
    }
}

const AFTER_HELP: &str = "\
Exit codes:
  0    success
  1    dbt reported failures, or the run took longer than --timeout
  2    dbt could not run: its own error, an invalid option, dbt not found, a missing profile, block
       or variable; or a signal killed dbt
  3    Prefect refused the run or was not reachable, and the run has a given flow run, or
       profiles.yml refers to Prefect
  130  interrupted (Ctrl-C), or cancelled through Prefect
  137  dbt was killed because memory ran out
  143  terminated by SIGTERM (0 if the flow run was rescheduled)";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// The data that dbt prints, such as the lines of `ls` and `show`. Log lines go to stderr.
    Text,
    /// One JSON object with the result of the run.
    Json,
}

/// The values of `--retry-strategy`, in the order of [`RetryStrategy::NAMES`].
fn retry_strategies() -> PossibleValuesParser {
    let help = [
        "Run `dbt retry`, which runs the nodes that did not succeed, if it is known which those are; otherwise the whole command",
        "Run `dbt retry` whenever that is possible, even if it may miss nodes that never started",
        "Run the whole command",
    ];
    let values = RetryStrategy::NAMES.iter().zip(help);
    PossibleValuesParser::new(values.map(|(name, help)| PossibleValue::new(*name).help(help)))
}

/// The values of `--ledger`, in the order of [`LedgerMode::NAMES`].
fn ledger_modes() -> PossibleValuesParser {
    let help = [
        "In Prefect if this process sets the states of the flow run, and on disk",
        "The same; a ledger that Prefect cannot store is a warning",
        "On disk only",
    ];
    let values = LedgerMode::NAMES.iter().zip(help);
    PossibleValuesParser::new(values.map(|(name, help)| PossibleValue::new(*name).help(help)))
}

/// The values of `--launcher`, in the order of [`Launcher::NAMES`].
fn launcher_choices() -> PossibleValuesParser {
    let help = [
        "If dbt is the console script of dbt Core; anything else starts as it is",
        "Start dbt as it is",
    ];
    let values = Launcher::NAMES.iter().zip(help);
    PossibleValuesParser::new(values.map(|(name, help)| PossibleValue::new(*name).help(help)))
}

/// Runs the command. Returns the exit code.
pub(crate) fn run(args: InvokeArgs) -> u8 {
    if args.channel {
        return channel::run(args);
    }
    let json = args.output == Output::Json;
    let console = Arc::new(RunConsole::new(Printer::from_env(args.quiet), !json));
    let log = console.printer().clone();
    logging::from_env(move || log.log_writer());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let exit_code = runtime.block_on(run_and_show(args, &console));
            // Nothing that still runs is worth waiting for.
            runtime.shutdown_background();
            exit_code
        }
        Err(error) => {
            let error = ErrorReport::from(Error::Runtime(error));
            console.printer().line(error.to_string());
            console.printer().wait_until_printed();
            error.exit_code
        }
    }
}

/// Runs dbt, and shows the end of the run. Returns the exit code.
async fn run_and_show(args: InvokeArgs, console: &Arc<RunConsole>) -> u8 {
    let stopper = Stopper::default();
    let deadline = args.timeout.map(|timeout| Instant::now() + timeout);
    let (json, dbt_args) = (args.output == Output::Json, args.args.clone());
    let can_create = args.flow_run_id.is_some() && !args.engine;
    let outcome = invoke(args, console, &stopper).await;
    let outcome = outcome.map_err(|error| ErrorReport::of_invoke(&error, can_create));
    let exit_code = match &outcome {
        Ok(outcome) => outcome.exit_code,
        Err(error) => error.exit_code,
    };
    let printed = console.finish(move |printer| {
        match &outcome {
            Ok(outcome) => show_end(outcome, printer),
            Err(error) => printer.line(error.to_string()),
        }
        if json {
            let object = match outcome {
                Ok(outcome) => ResultObject::of(outcome),
                Err(error) => ResultObject::of_error(dbt_args, &error),
            };
            print(&object, printer);
        }
    });
    wait_until_shown(printed, || console.printer().printed(), &stopper, deadline).await;
    exit_code
}

async fn invoke(
    args: InvokeArgs,
    console: &Arc<RunConsole>,
    stopper: &Stopper,
) -> Result<Outcome, Error> {
    forward_signals(stopper.clone()).map_err(Error::Runtime)?;
    let (invocation, hooks) = invocation_of(args, &**console)?;
    let options = HookOptions::default();
    retry::run(
        invocation,
        Arc::clone(console) as _,
        stopper.clone(),
        &hooks,
        options,
    )
    .await
}

/// The invocation that the arguments ask for, with its hooks.
pub(super) fn invocation_of(
    args: InvokeArgs,
    observer: &dyn Observer,
) -> Result<(Invocation, Hooks), Error> {
    let mut flow = FlowChoice::from_env();
    flow.declined = args.no_prefect;
    flow.engine = args.engine;
    flow.flow_run_id = args.flow_run_id;
    flow.flow_name = args.flow_name;
    flow.flow_run_name = args.flow_run_name;
    flow.tags = args.tags;
    let client = client_for(&mut flow, observer)?;

    let mut invocation = Invocation::new(args.args);
    invocation.flow = flow;
    let options = &mut invocation.options;
    options.settings.project_dir = args.project_dir;
    options.settings.profiles_dir = args.profiles_dir;
    options.settings.target_path = args.target_path;
    options.settings.log_level = args.log_level.as_deref().and_then(LogLevel::from_name);
    options.dbt = args.dbt;
    options.launcher = args.launcher.as_deref().and_then(Launcher::from_name);
    options.client = client;
    options.raise_on_failure = Some(!args.no_raise_on_failure);
    options.fail_on_empty = Some(args.fail_on_empty);
    options.timeout = args.timeout;
    options.verify_timeout = args.verify_timeout;
    options.delivery_timeout = args.delivery_timeout;
    options.rate = args.rate;
    options.budget = args.budget;
    options.disable_assets = Some(args.disable_assets);
    options.include_compiled_code = Some(args.include_compiled_code);
    options.summary_artifact = Some(!args.no_summary_artifact);
    options.keep_artifacts = Some(false);
    options.history = Some(!args.no_history);
    options.journal_dir = args.journal_dir;
    options.retries = args.retries;
    options.retry_delay = args.retry_delay;
    options.retry_strategy = RetryStrategy::from_name(&args.retry_strategy);
    options.ledger = LedgerMode::from_name(&args.ledger);
    Ok((invocation, args.hooks.hooks()))
}

/// The client for the Prefect API. Invalid settings are an error if a flow run is given. Without one, the run goes on with a
/// warning and is not reported.
fn client_for(flow: &mut FlowChoice, observer: &dyn Observer) -> Result<Option<Client>, Error> {
    if flow.declined {
        return Ok(None);
    }
    let has_flow_run = flow.engine || flow.flow_run_id.or(flow.inherited).is_some();
    match client_from_env() {
        Err(error) if !has_flow_run => {
            let problem = error_chain(&error);
            observer.on_warning(&format!("this run is not reported: {problem}"));
            flow.declined = true;
            Ok(None)
        }
        client => client,
    }
}

/// Shows the summary of a run and its failures.
fn show_end(outcome: &Outcome, printer: &Printer) {
    if printer.quiet
        && outcome.exit_code == exit_codes::NO_PREFECT
        && let Some(problem) = undelivered(outcome)
    {
        printer.text(&problem);
    }
    if !printer.quiet
        && let Some(summary) = run_summary(outcome)
    {
        printer.text(&summary);
    }
    // Without --quiet, dbt's own error is in the log lines above.
    let is_new = printer.quiet
        || outcome
            .run
            .nodes
            .iter()
            .any(|node| node.state.kind == StateKind::Failed);
    if let Some(failure) = outcome.failure.as_ref().filter(|_| is_new) {
        printer.text(failure);
    }
}

/// Prints the result object.
fn print(object: &ResultObject, printer: &Printer) {
    match serde_json::to_string(object) {
        Ok(text) => printer.data(text),
        Err(error) => tracing::error!(%error, "cannot write the result"),
    }
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
