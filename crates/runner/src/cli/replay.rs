//! `prefect-dbt replay`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use crate::model::{Level, LogLevel, Notice, exit};
use crate::observe::Observer;
use crate::outcome::Error;
use crate::replay::{ReplayOptions, ReplayedRun, replay};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use prefect_client::Client;
use serde::Serialize;
use uuid::Uuid;

use super::invoke::seconds;
use super::notice::words;

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

/// Writes what became of each run to `err`, or as an object to `out`. Gives back the exit code.
pub(crate) fn run(args: ReplayArgs, out: &mut dyn Write, err: &mut (dyn Write + Send)) -> u8 {
    let form = args.output;
    let empty = format!("there is nothing to deliver in {}", args.path.display());
    let teller = Teller(Mutex::new(err));
    let object = match attempt(args, &teller) {
        Ok(runs) => Told {
            exit_code: runs.iter().map(code).max().unwrap_or_default(),
            runs: runs.iter().map(Run::of).collect(),
            error: None,
        },
        Err((error, exit_code)) => Told {
            exit_code,
            runs: Vec::new(),
            error: Some(error),
        },
    };
    // A reader that has gone away changes nothing.
    match (form, &object.error) {
        (Form::Json, _) => {
            let text = serde_json::to_string(&object).unwrap_or_default();
            let _ = writeln!(out, "{text}");
        }
        (Form::Text, Some(error)) => teller.line(&format!("error: {error}")),
        (Form::Text, None) if object.runs.is_empty() => teller.line(&empty),
        (Form::Text, None) => object.runs.iter().for_each(|run| teller.line(&run.told())),
    }
    object.exit_code
}

/// Replays. An error is what to tell, and the exit code.
fn attempt(args: ReplayArgs, teller: &Teller<'_>) -> Result<Vec<ReplayedRun>, (String, u8)> {
    let ours = |error: Error| (error.to_string(), error.exit_code());
    let settings = prefect_client::Settings::from_env().map_err(|error| ours(error.into()))?;
    if settings.api_url.is_none() {
        let problem = "there is no Prefect API to deliver to; set PREFECT_API_URL or choose a profile that has it";
        return Err((problem.to_owned(), exit::NO_PREFECT));
    }
    let client = Client::new(&settings).map_err(|error| (error.to_string(), exit::NO_PREFECT))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ours(Error::Runtime(error)))?;
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
    runtime
        .block_on(replay(&args.path, &client, &options, teller))
        .map_err(|error| (error.to_string(), error.exit_code()))
}

fn code(run: &ReplayedRun) -> u8 {
    match &run.result {
        Ok(delivery) if delivery.verified => exit::SUCCESS,
        Ok(_) => exit::NO_PREFECT,
        Err(error) => error.exit_code(),
    }
}

/// Writes lines as they come.
struct Teller<'a>(Mutex<&'a mut (dyn Write + Send)>);

impl Teller<'_> {
    fn line(&self, text: &str) {
        let mut err = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = writeln!(err, "{text}");
    }
}

impl Observer for Teller<'_> {
    fn on_notice(&self, notice: &Notice) {
        // Where the run is shown is told with what became of it.
        if let Some((level, text)) = words(notice)
            && level >= Level::Warning
        {
            self.line(&text);
        }
    }

    fn on_warning(&self, warning: &str) {
        self.line(warning);
    }
}

/// The object of `--output json`.
#[derive(Debug, Serialize)]
struct Told {
    exit_code: u8,
    runs: Vec<Run>,
    /// Why nothing could be replayed.
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Run {
    source: PathBuf,
    run_id: Option<Uuid>,
    flow_run_id: Option<Uuid>,
    flow_run_name: Option<String>,
    url: Option<String>,
    task_runs: usize,
    /// Whether the server was seen to hold everything.
    verified: bool,
    /// What is wrong, if anything.
    problem: Option<String>,
    /// Whether the journal has served and is gone.
    deleted: bool,
}

impl Run {
    fn of(run: &ReplayedRun) -> Self {
        let delivery = run.result.as_ref().ok();
        let error = run.result.as_ref().err().map(ToString::to_string);
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

    /// The run in a line for people.
    fn told(&self) -> String {
        let source = self.source.display();
        if let (None, Some(problem)) = (self.flow_run_id, &self.problem) {
            return format!("error: {problem}");
        }
        if let Some(problem) = &self.problem {
            return format!(
                "{source}: Prefect may not hold the whole run: {problem}; try again later"
            );
        }
        let name = self.flow_run_name.as_deref().unwrap_or_default();
        let page = self.url.as_deref().map(|url| format!(" at {url}"));
        format!(
            "{source}: Prefect holds the flow run '{name}' with {} task runs{}",
            self.task_runs,
            page.unwrap_or_default()
        )
    }
}
