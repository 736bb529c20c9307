//! `prefect-dbt replay`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use crate::model::{Level, LogLevel, Notice, exit};
use crate::observe::Observer;
use crate::outcome::{Error, client_from_env};
use crate::replay::{ReplayError, ReplayOptions, ReplayedRun, replay};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use serde::Serialize;
use uuid::Uuid;

use super::error_report::ErrorReport;
use super::invoke::seconds;
use super::notice::describe;

/// Delivers to Prefect what the server lacks of runs that are over.
///
/// From a journal that a run has left, a folder of journals (or the project with them), or any log that dbt has written
/// as JSON at debug level, with the manifest of its project. What the server holds is not told again, so that a replay
/// may be interrupted and repeated. Of a run whose process was killed, what was open becomes Crashed.
///
/// Exits with 0 when the server was seen to hold everything, with 2 when there is something that cannot be read, and with
/// 3 when Prefect could not be reached, or does not hold everything yet.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The journal, the folder, or the log.
    #[arg(value_name = "FILE|DIR")]
    path: PathBuf,
    /// The manifest of a log's project [default: the one that lies where dbt puts it, if it is of the same invocation].
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Name of the flow, for runs that were reported nowhere [default: `dbt` and the command].
    #[arg(long, value_name = "NAME")]
    flow_name: Option<String>,
    /// Name of the flow run, for a run that was reported nowhere.
    #[arg(long, value_name = "NAME")]
    flow_run_name: Option<String>,
    /// A tag for flow runs that are created; may be repeated.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// The lowest level of log lines to take from a log of dbt's.
    #[arg(long, ignore_case = true, default_value = "info", value_parser = PossibleValuesParser::new(["debug", "info", "warn", "error", "none"]))]
    log_level: String,
    /// How long the server is asked whether it has everything, and an outage is waited out [default: 120].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    verify_timeout: Option<Duration>,
    /// Send at most so many log lines and events a minute.
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Send at most so many log lines and events of each run: debug logs go first, the ends of nodes never.
    #[arg(long, value_name = "UNITS")]
    budget: Option<u32>,
    /// Keep journals that were delivered.
    #[arg(long)]
    keep: bool,
    /// For people on stderr, or for programs: one JSON object on stdout.
    #[arg(long, value_enum, default_value_t)]
    output: Form,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    #[default]
    Text,
    Json,
}

/// Writes the result of each run to `err`, or all of them as one object to `out`. Gives back the exit code.
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
            // A reader that has gone away changes nothing.
            let _ = writeln!(out, "{text}");
        }
        (Form::Text, Err(error)) => lines.write(&error.to_string()),
        (Form::Text, Ok(runs)) if runs.is_empty() => lines.write(&empty),
        (Form::Text, Ok(runs)) => runs.iter().for_each(|run| lines.write(&described(run))),
    }
    exit_code
}

fn attempt(args: ReplayArgs, lines: &Lines<'_>) -> Result<Vec<ReplayedRun>, ErrorReport> {
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
    Ok(runtime.block_on(replay(&args.path, &client, &options, lines))?)
}

fn code(run: &ReplayedRun) -> u8 {
    match &run.result {
        Ok(delivery) if delivery.verified => exit::SUCCESS,
        Ok(_) => exit::NO_PREFECT,
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
        let _ = writeln!(err, "{text}");
    }
}

impl Observer for Lines<'_> {
    fn on_notice(&self, notice: &Notice) {
        // The page of the flow run is part of the run's result.
        if let Some((level, text)) = describe(notice)
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
