//! `prefect-dbt replay`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use crate::console::{describe_notice, printable};
use crate::model::{Level, LogLevel, Notice, exit_codes};
use crate::observe::Observer;
use crate::outcome::{Error, client_from_env};
use crate::replay::{ReplayError, ReplayOptions, ReplayedRun, replay};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use serde::Serialize;
use uuid::Uuid;

use super::error_report::ErrorReport;
use super::invoke_args::seconds;

/// Deliver finished runs to Prefect, from their journals or from a log of dbt.
///
/// Reads a journal, a folder of journals (or the project that contains it), or a log that dbt wrote with
/// `--log-format-file json --log-level-file debug`. Journals are deleted when they are delivered; logs of dbt are kept.
///
/// Only what the Prefect server does not have yet is sent, so a replay can be interrupted and repeated. Nodes that were
/// running when the process was killed are set to Crashed.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct ReplayArgs {
    /// Journal, folder of journals, project, or log of dbt.
    #[arg(value_name = "FILE|DIR")]
    path: PathBuf,
    /// For a log of dbt: the manifest.json of its project, for edges and assets [default: the one beside the log, in `target`
    /// beside it, or in `target` beside its folder, if it is of the same invocation].
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Name of the flow, if a flow run is created [default: the original name; for a log of dbt, `dbt` and the command, such as
    /// `dbt build`].
    #[arg(long, value_name = "NAME")]
    flow_name: Option<String>,
    /// Name of the flow run, if one is created [default: the original name; for a log of dbt, a random
    /// name].
    #[arg(long, value_name = "NAME")]
    flow_run_name: Option<String>,
    /// Tag for flow runs that are created; can be repeated.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// For a log of dbt: lowest level of the log lines to send [default: info].
    #[arg(long, ignore_case = true, value_name = "LEVEL", default_value = "info", hide_default_value = true, value_parser = PossibleValuesParser::new(["debug", "info", "warn", "error", "none"]))]
    log_level: String,
    /// Seconds to wait for Prefect to confirm that it has everything, after all is sent; they begin anew whenever it has recorded
    /// more. Also how long to wait while the API is not reachable [default: 120].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    verify_timeout: Option<Duration>,
    /// Maximum number of log lines and events to send per minute; the replay takes longer then [default: no limit].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// About how many log lines and events of each run to send at most [default: no limit].
    ///
    /// Near the limit, debug lines and starts of nodes are dropped first, then other log lines and assets. Ends of nodes are
    /// always sent. What is dropped of a journal is not sent later, either.
    #[arg(long, value_name = "N")]
    budget: Option<u32>,
    /// For a folder: also deliver runs that were made without Prefect; each gets a new flow run.
    #[arg(long)]
    include_unreported: bool,
    /// Do not delete journals after they are delivered.
    #[arg(long)]
    keep: bool,
    /// Format of the result [default: text].
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    output: Form,
}

const AFTER_HELP: &str = "\
Examples:
  prefect-dbt replay .prefect-dbt
  prefect-dbt replay logs/dbt.log --manifest target/manifest.json --flow-name nightly

Exit codes:
  0  Prefect confirmed that it has everything
  2  a file cannot be read
  3  Prefect is not configured or not reachable, or does not have everything yet";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A line for each run, on stderr.
    #[default]
    Text,
    /// One JSON object, on stdout.
    Json,
}

/// Writes the result of each run to `err`, or all of them as one object to `out`. Returns the exit code.
pub(crate) fn run(args: ReplayArgs, out: &mut dyn Write, err: &mut (dyn Write + Send)) -> u8 {
    let form = args.output;
    let empty = format!("nothing to deliver in {}", args.path.display());
    let lines = Lines(Mutex::new(err));
    let result = attempt(args, &lines);
    let exit_code = match &result {
        Ok(runs) => runs.iter().map(code).max().unwrap_or_default(),
        Err(error) => error.exit_code,
    };
    match (form, result) {
        (Form::Json, result) => {
            let object = ResultObject::of(exit_code, &result);
            let text = serde_json::to_string(&object).unwrap_or_default();
            // A closed stdout does not change the exit code.
            let _ = writeln!(out, "{text}");
        }
        (Form::Text, Err(error)) => lines.write(&error.to_string()),
        (Form::Text, Ok(runs)) if runs.is_empty() => lines.write(&empty),
        (Form::Text, Ok(runs)) => runs.iter().for_each(|run| lines.write(&described(run))),
    }
    exit_code
}

fn attempt(args: ReplayArgs, lines: &Lines<'_>) -> Result<Vec<ReplayedRun>, ErrorReport> {
    // A wrong path is wrong with any API.
    fs_err::File::open(&args.path).map_err(ReplayError::Unreadable)?;
    let client = client_from_env()?.ok_or(ReplayError::NoApi)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let mut options = ReplayOptions::default();
    options.manifest = args.manifest;
    options.flow_name = args.flow_name;
    options.flow_run_name = args.flow_run_name;
    options.tags = args.tags;
    options.log_level = LogLevel::from_name(&args.log_level).unwrap_or_default();
    options.verify_timeout = args.verify_timeout.unwrap_or(options.verify_timeout);
    options.rate = args.rate;
    options.budget = args.budget;
    options.keep = args.keep;
    options.include_unreported = args.include_unreported;
    Ok(runtime.block_on(replay(&args.path, &client, &options, lines))?)
}

fn code(run: &ReplayedRun) -> u8 {
    match &run.result {
        Ok(delivery) if delivery.verified => exit_codes::SUCCESS,
        Ok(_) => exit_codes::NO_PREFECT,
        Err(error) => error.exit_code(),
    }
}

/// The result of a run, for people.
fn described(run: &ReplayedRun) -> String {
    let source = run.source.display();
    let delivery = match &run.result {
        Ok(delivery) => delivery,
        Err(error) => return ErrorReport::from(error).to_string(),
    };
    if let Some(problem) = &delivery.problem {
        return format!("{source}: Prefect may not have the whole run: {problem}; try again later");
    }
    let name = delivery.flow_run_name.as_deref().unwrap_or_default();
    let page = delivery.url.as_deref().map(|url| format!(" at {url}"));
    format!(
        "{source}: Prefect has flow run '{name}' with {} task runs{}",
        delivery.task_runs,
        page.unwrap_or_default()
    )
}

/// Writes lines from several threads.
struct Lines<'a>(Mutex<&'a mut (dyn Write + Send)>);

impl Lines<'_> {
    fn write(&self, text: &str) {
        let mut err = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = writeln!(err, "{}", printable(text));
    }
}

impl Observer for Lines<'_> {
    fn on_notice(&self, notice: &Notice) {
        // The page of the flow run is part of the run's result.
        if let Some((level, text)) = describe_notice(notice)
            && level >= Level::Warning
        {
            self.write(&text);
        }
    }

    fn on_warning(&self, warning: &str) {
        self.write(warning);
    }
}

/// The object of `--output json`.
#[derive(Debug, Serialize)]
struct ResultObject {
    exit_code: u8,
    runs: Vec<Run>,
    /// Why nothing can be replayed.
    error: Option<String>,
}

impl ResultObject {
    fn of(exit_code: u8, result: &Result<Vec<ReplayedRun>, ErrorReport>) -> Self {
        let runs = result.iter().flatten().map(Run::of).collect();
        let error = result.as_ref().err().map(ErrorReport::chain);
        Self {
            exit_code,
            runs,
            error,
        }
    }
}

#[derive(Debug, Serialize)]
struct Run {
    source: PathBuf,
    run_id: Option<Uuid>,
    flow_run_id: Option<Uuid>,
    flow_run_name: Option<String>,
    url: Option<String>,
    task_runs: usize,
    /// Whether the server confirmed that it has everything.
    verified: bool,
    /// Why the run is not delivered, or not completely.
    problem: Option<String>,
    /// Whether the journal was deleted, because it is delivered.
    deleted: bool,
}

impl Run {
    fn of(run: &ReplayedRun) -> Self {
        let delivery = run.result.as_ref().ok();
        let error = run.result.as_ref().err();
        let error = error.map(|error| ErrorReport::from(error).chain());
        Self {
            source: run.source.clone(),
            run_id: run.run_id,
            flow_run_id: delivery.and_then(|delivery| delivery.flow_run_id),
            flow_run_name: delivery.and_then(|delivery| delivery.flow_run_name.clone()),
            url: delivery.and_then(|delivery| delivery.url.clone()),
            task_runs: delivery.map_or(0, |delivery| delivery.task_runs),
            verified: run.is_delivered(),
            problem: error.or_else(|| delivery.and_then(|delivery| delivery.problem.clone())),
            deleted: run.is_deleted,
        }
    }
}
