//! `prefect-dbt invoke`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::hooks::{HookOptions, Hooks};
use crate::model::{LogLevel, StateKind, Stopper, error_chain};
use crate::observe::Observer;
use crate::outcome::{Error, Outcome, client_from_env};
use crate::request::{FlowChoice, Invocation, RetryStrategy};
use crate::retry;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use uuid::Uuid;

use super::account::account;
use super::console::Console;
use super::error_report::ErrorReport;
use super::hooks::HookArgs;
use super::printer::Printer;
use super::result::ResultObject;
use super::signals;

/// Runs dbt and reports the run to Prefect.
///
/// Options before the first positional argument or `--` belong to prefect-dbt; everything from there on is handed to
/// dbt: `prefect-dbt invoke -- build --select tag:nightly`.
#[derive(Debug, Args)]
pub(crate) struct InvokeArgs {
    /// The dbt executable [default: that of the virtual environment, else of PATH].
    #[arg(long, env = "PREFECT_DBT_EXECUTABLE", value_name = "PATH")]
    dbt: Option<PathBuf>,
    /// The folder of dbt_project.yml.
    #[arg(long, value_name = "DIR")]
    project_dir: Option<PathBuf>,
    /// The folder of profiles.yml.
    #[arg(long, value_name = "DIR")]
    profiles_dir: Option<PathBuf>,
    /// The folder that dbt writes to.
    #[arg(long, value_name = "DIR")]
    target_path: Option<PathBuf>,
    /// The lowest level of log lines to show and report.
    #[arg(long, ignore_case = true, value_parser = PossibleValuesParser::new(["debug", "info", "warn", "error", "none"]))]
    log_level: Option<String>,
    /// Name of the flow, if one is created [default: `dbt` and the command].
    #[arg(long, value_name = "NAME")]
    flow_name: Option<String>,
    /// Name of the flow run, if one is created.
    #[arg(long, value_name = "NAME")]
    flow_run_name: Option<String>,
    /// Report to this flow run, whose state is left alone unless --engine is given.
    #[arg(long, value_name = "ID")]
    flow_run_id: Option<Uuid>,
    /// Be the engine of the flow run that this process was started for: set its states.
    #[arg(long)]
    engine: bool,
    /// A tag for the flow run, if one is created; may be repeated.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Repeat a failed run up to so many times [default: what the flow run itself says, or PREFECT_FLOWS_DEFAULT_RETRIES].
    #[arg(long, value_name = "N")]
    retries: Option<u32>,
    /// Wait so many seconds before a failed run is repeated.
    #[arg(long, value_name = "SECONDS", requires = "retries", value_parser = seconds)]
    retry_delay: Option<Duration>,
    /// What a repetition runs: `auto` repeats by `dbt retry` what did not succeed where that is safe, and else everything.
    #[arg(long, value_name = "STRATEGY", default_value = "auto", value_parser = PossibleValuesParser::new(RetryStrategy::NAMES))]
    retry_strategy: String,
    /// Stop dbt after so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// End well in spite of failures in dbt.
    #[arg(long)]
    no_raise_on_failure: bool,
    /// End the descriptions of assets with the compiled code.
    #[arg(long)]
    include_compiled_code: bool,
    /// Report no assets, whatever the project says.
    #[arg(long)]
    disable_assets: bool,
    /// Leave no summary artifact in the flow run.
    #[arg(long)]
    no_summary_artifact: bool,
    #[command(flatten)]
    hooks: HookArgs,
    /// Report nowhere, whatever API is configured.
    #[arg(long)]
    no_prefect: bool,
    /// How long the server is asked after the run whether it has everything [default: 3].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    verify_timeout: Option<Duration>,
    /// Send at most so many log lines and events a minute; dbt is not slowed down.
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Send at most so many log lines and events in all: debug logs go first, the ends of nodes never.
    #[arg(long, value_name = "UNITS")]
    budget: Option<u32>,
    /// The folder of the run's record [default: .prefect-dbt in the project].
    #[arg(long, value_name = "DIR")]
    journal_dir: Option<PathBuf>,
    /// Show warnings, errors and failures alone.
    #[arg(long)]
    quiet: bool,
    /// What stdout gets: dbt's data as text, or one JSON object about the run.
    #[arg(long, default_value = "text")]
    output: Output,
    /// dbt's command and arguments.
    #[arg(required = true, value_name = "DBT ARGUMENTS")]
    args: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

/// Runs dbt. Gives back the exit code.
pub(crate) fn run(args: InvokeArgs) -> u8 {
    let json = args.output == Output::Json;
    let console = Arc::new(Console::new(Printer::from_env(args.quiet), json));
    let dbt_args = args.args.clone();
    let outcome = invoke(args, &console).map_err(ErrorReport::from);
    let (printer, data) = console.finish();
    let code = match &outcome {
        Ok(outcome) => {
            conclude(outcome, printer);
            outcome.exit_code
        }
        Err(error) => {
            printer.line(&error.to_string());
            error.exit_code
        }
    };
    if json {
        print(&match outcome {
            Ok(outcome) => ResultObject::of(outcome, data),
            Err(error) => ResultObject::of_error(dbt_args, &error),
        });
    }
    code
}

fn invoke(args: InvokeArgs, console: &Arc<Console>) -> Result<Outcome, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    runtime.block_on(async {
        let stopper = Stopper::default();
        signals::forward(stopper.clone()).map_err(Error::Runtime)?;
        let (invocation, hooks) = invocation_of(args, console);
        let options = HookOptions::default();
        retry::run(
            invocation,
            Arc::clone(console) as _,
            stopper,
            &hooks,
            options,
        )
        .await
    })
}

fn invocation_of(args: InvokeArgs, console: &Console) -> (Invocation, Hooks) {
    let client = match args.no_prefect {
        true => None,
        // Invalid settings are a warning, as is an API that is not reachable: dbt runs all the same.
        false => client_from_env().unwrap_or_else(|error| {
            let causes = error_chain(&error);
            console.on_warning(&format!("cannot report to Prefect: {causes}"));
            None
        }),
    };
    let mut flow = FlowChoice::from_env();
    flow.declined = args.no_prefect;
    flow.engine = args.engine;
    flow.flow_run_id = args.flow_run_id;
    flow.flow_name = args.flow_name;
    flow.flow_run_name = args.flow_run_name;
    flow.tags = args.tags;

    let mut invocation = Invocation::new(args.args);
    invocation.flow = flow;
    let options = &mut invocation.options;
    options.settings.project_dir = args.project_dir;
    options.settings.profiles_dir = args.profiles_dir;
    options.settings.target_path = args.target_path;
    options.settings.log_level = args.log_level.as_deref().and_then(LogLevel::from_name);
    options.dbt = args.dbt;
    options.client = client;
    options.raise_on_failure = Some(!args.no_raise_on_failure);
    options.timeout = args.timeout;
    options.verify_timeout = args.verify_timeout;
    options.rate = args.rate;
    options.budget = args.budget;
    options.disable_assets = Some(args.disable_assets);
    options.include_compiled_code = Some(args.include_compiled_code);
    options.summary_artifact = Some(!args.no_summary_artifact);
    options.keep_artifacts = Some(false);
    options.journal_dir = args.journal_dir;
    options.retries = args.retries;
    options.retry_delay = args.retry_delay;
    options.retry_strategy = RetryStrategy::from_name(&args.retry_strategy);
    (invocation, args.hooks.hooks())
}

/// Shows the account of a run, and its failures.
fn conclude(outcome: &Outcome, printer: &Printer) {
    if !printer.quiet
        && let Some(account) = account(outcome)
    {
        printer.line(&account);
    }
    // dbt's own error stands in the lines above already, unless nobody wanted them.
    let is_new = printer.quiet
        || outcome
            .run
            .nodes
            .iter()
            .any(|node| node.state.kind == StateKind::Failed);
    if let Some(failure) = outcome.failure.as_ref().filter(|_| is_new) {
        printer.line(failure);
    }
}

/// Prints the result object; a reader that has gone away changes nothing about the run.
fn print(object: &ResultObject) {
    match serde_json::to_string(object) {
        Ok(text) => {
            let _ = writeln!(std::io::stdout(), "{text}");
        }
        Err(error) => tracing::error!(%error, "the result cannot be written"),
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
