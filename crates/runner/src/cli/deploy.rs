//! `prefect-dbt deploy`.

use std::io::Write;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::console::{Printer, render_line, wait_until_shown};
use crate::deploy::{
    DeployError, DeploySpec, Deployed, Progress, Schedule, When, deploy, exit_code, follow, start,
};
use crate::model::{Level, StopCause, Stopper, exit_codes};
use crate::outcome::{Error, client_from_env};
use crate::parameters::split_words;
use clap::parser::ValueSource;
use clap::{Args, Command};
use jiff::tz::TimeZone;
use prefect_client::{Client, State, StoredLog};
use serde_json::Value;
use tokio::sync::oneshot;

use super::error_report::ErrorReport;
use super::invoke_args::{InvokeArgs, seconds};
use super::misplaced_option::misplaced_options;

/// Create a deployment that runs dbt on a Prefect work pool; a deployment of the same flow with the same name is replaced.
///
/// dbt's command and arguments follow after `--`: `prefect-dbt deploy nightly --work-pool prod --cron '0 6 * * *' --
/// build --select tag:nightly`. A worker of the work pool starts `prefect-dbt`; it needs no Python flow. The schedule is
/// one of --cron, --interval and --rrule; without them, the deployment has none. The URL of the deployment's page is printed
/// to stdout, everything else to stderr.
///
/// If the deployment exists, everything that the options set is replaced, and what they leave out is removed, its schedule
/// too. Its id and its runs stay, and a deployment that is paused stays paused.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct DeployArgs {
    /// Name of the deployment.
    name: String,
    /// Work pool whose workers run the deployment; it must exist.
    #[arg(help_heading = "Deployment", long, value_name = "POOL")]
    work_pool: String,
    /// Name of the flow [default: `dbt` and the command, such as `dbt build`: with another command, it is another deployment,
    /// and the one before stays].
    #[arg(help_heading = "Deployment", long, value_name = "NAME")]
    flow_name: Option<String>,
    /// Schedule: a cron expression, such as `0 6 * * *` for every day at 6:00.
    #[arg(
        help_heading = "Schedule",
        long,
        value_name = "CRON",
        group = "schedule"
    )]
    cron: Option<String>,
    /// Schedule: the number of seconds between two runs.
    #[arg(help_heading = "Schedule", long, value_name = "SECONDS", group = "schedule", value_parser = seconds)]
    interval: Option<Duration>,
    /// Schedule: a recurrence rule of iCalendar, such as `FREQ=WEEKLY;BYDAY=MO`.
    #[arg(
        help_heading = "Schedule",
        long,
        value_name = "RULE",
        group = "schedule"
    )]
    rrule: Option<String>,
    /// Time zone of the schedule, such as `Europe/Berlin`; needs a schedule [default: UTC].
    #[arg(
        help_heading = "Schedule",
        long,
        value_name = "ZONE",
        requires = "schedule"
    )]
    timezone: Option<String>,
    /// Default value of a flow run parameter, such as `target=prod` or `full_refresh=true`; can be repeated.
    ///
    /// Parameters replace flags of dbt, and each run can have its own: select, exclude, selector, target, vars, full_refresh,
    /// threads, state, defer and others, which the form for a custom run in Prefect's UI lists. `command` replaces dbt's command,
    /// `args` the whole command line. VALUE is read as JSON if it is valid JSON, such as `true` or `["a", "b"]`, otherwise as text.
    #[arg(help_heading = "Runs", long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    parameters: Vec<(String, String)>,
    /// Environment variable of the runs; can be repeated.
    ///
    /// Not for secrets, since the value is visible in the deployment: use Prefect blocks, which profiles.yml can refer to,
    /// the environment of the worker, or secrets of the cluster.
    #[arg(help_heading = "Runs", long, value_name = "NAME=VALUE", value_parser = pair)]
    env: Vec<(String, String)>,
    /// Folder that runs start in, on the worker's machine; for work pools of type process. No code is pulled [default: that of the
    /// work pool, usually a new empty folder: then name the project with --project-dir of dbt].
    #[arg(help_heading = "Worker", long, value_name = "DIR")]
    working_dir: Option<String>,
    /// Container image with prefect-dbt, dbt and the dbt project in its working directory; for work pools of type docker and
    /// kubernetes. No code is pulled [default: that of the work pool, which must have all three].
    #[arg(help_heading = "Worker", long)]
    image: Option<String>,
    /// Other job variable of the work pool, such as `namespace=dbt`; can be repeated.
    ///
    /// VALUE is read as JSON if it is valid JSON, otherwise as text.
    #[arg(help_heading = "Worker", long = "job-variable", value_name = "NAME=VALUE", value_parser = pair)]
    job_variables: Vec<(String, String)>,
    /// Tag for the deployment and its runs; can be repeated.
    #[arg(help_heading = "Deployment", long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Maximum number of runs of this deployment at the same time; others wait [default: no limit].
    #[arg(help_heading = "Deployment", long, value_name = "N")]
    concurrency: Option<NonZeroU32>,
    /// Maximum number of retries of a failed run [default: 0].
    #[arg(help_heading = "Runs", long, value_name = "N")]
    retries: Option<u32>,
    /// Seconds between two attempts; needs --retries [default: 0].
    #[arg(help_heading = "Runs", long, value_name = "SECONDS", requires = "retries", value_parser = seconds)]
    retry_delay: Option<Duration>,
    /// More options for `prefect-dbt invoke`, quoted as one argument: `--timeout 3600 --no-raise-on-failure`.
    ///
    /// --engine, --no-prefect, --flow-run-id, --retries and --retry-delay cannot be among them.
    #[arg(help_heading = "Runs", long, value_name = "OPTIONS", allow_hyphen_values = true, value_parser = invoke_options)]
    invoke_options: Option<Words>,
    /// Description of the deployment, in Markdown.
    #[arg(help_heading = "Deployment", long, value_name = "TEXT")]
    description: Option<String>,
    /// The prefect-dbt executable on the worker's machine or in the image [default: prefect-dbt].
    #[arg(
        help_heading = "Worker",
        long,
        value_name = "PATH",
        default_value = "prefect-dbt",
        hide_default_value = true
    )]
    program: String,
    /// Start a run immediately, and show its states and log lines until it ends; Ctrl-C only stops watching.
    #[arg(help_heading = "Deployment", long)]
    run: bool,
    /// dbt's command and arguments.
    #[arg(last = true, required = true, value_name = "DBT ARGUMENTS")]
    args: Vec<String>,
}

const AFTER_HELP: &str = "\
Examples:
  prefect-dbt deploy nightly --work-pool prod --cron '0 6 * * *' -- build --select tag:nightly
  prefect-dbt deploy hourly --work-pool k8s --image registry/shop:1 --interval 3600 -- run
  prefect-dbt deploy once --work-pool prod --param target=dev --run -- build

Exit codes:
  0    the deployment is created; with --run: the run completed
  1    with --run: the run failed
  2    the deployment is invalid, or the work pool does not exist
  3    Prefect refused the request or was not reachable; with --run: the run crashed
  130  with --run: the run was cancelled, or Ctrl-C was pressed and the run continues";

/// A text split into shell words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Words(Vec<String>);

/// Creates the deployment. Returns the exit code.
pub(crate) fn run(args: DeployArgs, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let command = DeployArgs::augment_args(Command::new("deploy"));
    if let Some(problem) = misplaced_options(&command, &args.args) {
        let _ = writeln!(err, "warning: {problem}");
    }
    attempt(args, out, err).unwrap_or_else(|error| {
        // A closed stderr does not change the exit code.
        let _ = writeln!(err, "{error}");
        error.exit_code
    })
}

fn attempt(args: DeployArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, ErrorReport> {
    let client = client_from_env()?.ok_or(DeployError::NoApi)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let (runs, spec) = (args.run, spec_of(args));
    let code: Result<u8, DeployError> = runtime.block_on(async {
        let deployed = deploy(&client, &spec).await?;
        show(&deployed, out, err);
        match runs {
            true => watch(&client, &deployed).await,
            false => Ok(exit_codes::SUCCESS),
        }
    });
    Ok(code?)
}

fn spec_of(args: DeployArgs) -> DeploySpec {
    let mut spec = DeploySpec::new(&args.name, &args.work_pool, args.args);
    let when = args.cron.map(When::Cron);
    let when = when.or(args.interval.map(When::Interval));
    let when = when.or(args.rrule.map(When::Rrule));
    spec.schedule = when.map(|when| Schedule::new(when, args.timezone));
    let values = |pairs: Vec<(String, String)>| {
        let pairs = pairs.into_iter();
        pairs
            .map(|(name, text)| (name, json_or_text(text)))
            .collect()
    };
    spec.flow_name = args.flow_name;
    spec.parameters = values(args.parameters);
    spec.env = args.env.into_iter().collect();
    spec.working_dir = args.working_dir;
    spec.image = args.image;
    spec.job_variables = values(args.job_variables);
    spec.tags = args.tags;
    spec.concurrency = args.concurrency;
    spec.retries = args.retries;
    spec.retry_delay = args.retry_delay;
    spec.options = args
        .invoke_options
        .map(|Words(words)| words)
        .unwrap_or_default();
    spec.description = args.description;
    spec.program = args.program;
    spec
}

fn show(deployed: &Deployed, out: &mut dyn Write, err: &mut dyn Write) {
    let Deployed { id, full_name, .. } = deployed;
    let done = if deployed.replaced {
        "replaced"
    } else {
        "created"
    };
    let _ = writeln!(err, "{done} deployment {full_name} ({id})");
    for note in &deployed.notes {
        let _ = writeln!(err, "note: {note}");
    }
    if let Some(page) = &deployed.page {
        let _ = writeln!(out, "{page}");
        let _ = out.flush();
    }
}

/// Starts a run, and shows its states and log lines until it ends or Ctrl-C is pressed.
async fn watch(client: &Client, deployed: &Deployed) -> Result<u8, DeployError> {
    let printer = Printer::from_env(false);
    let stopper = Stopper::default();
    let on_ctrl_c = stopper.clone();
    tokio::spawn(async move {
        // Without a handler, Ctrl-C ends this process.
        if tokio::signal::ctrl_c().await.is_ok() {
            on_ctrl_c.stop_for(StopCause::Interrupt);
        }
    });
    let end = follow_run(client, deployed, &printer, &stopper).await;
    let (done, printed) = oneshot::channel();
    let last = printer.clone();
    std::thread::spawn(move || {
        last.wait_until_printed();
        let _ = done.send(());
    });
    wait_until_shown(printed, || printer.printed(), &stopper, None).await;
    end
}

async fn follow_run(
    client: &Client,
    deployed: &Deployed,
    printer: &Printer,
    stopper: &Stopper,
) -> Result<u8, DeployError> {
    let run = start(client, deployed.id).await?;
    let page = client.settings().flow_run_page(run.id).unwrap_or_default();
    let flow_run = format!("Flow run '{}'", run.name);
    printer.text(&format!("started flow run {}: {page}", run.name));
    let zone = TimeZone::system();
    let shown = follow(client, run.id, |progress| {
        let (at, level, who, text) = match progress {
            Progress::State(state) => {
                (state.timestamp, Level::Info, &*flow_run, state_text(&state))
            }
            // The line does not name its task run, so it is of no use here.
            Progress::Log(log) if is_closing_line_of_task(&log) => return,
            Progress::Log(log) => {
                let of_task = log.task_run_id.is_some();
                let who = if of_task { "Task run" } else { &flow_run };
                (Some(log.timestamp), log.level.into(), who, log.message)
            }
        };
        let at = (at.unwrap_or_else(jiff::Timestamp::now), &zone);
        printer.line(render_line(at, level, who, &text, printer.coloured));
    });
    tokio::select! {
        end = shown => end.map(exit_code).inspect_err(|_| {
            printer.text(&format!("the run may still be running: {page}"));
        }),
        _ = stopper.stopped() => {
            printer.text(&format!("the run continues: {page}"));
            Ok(exit_codes::INTERRUPTED)
        }
    }
}

fn is_closing_line_of_task(log: &StoredLog) -> bool {
    log.task_run_id.is_some() && log.message.starts_with("Finished in state ")
}

fn state_text(state: &State) -> String {
    match state
        .message
        .as_deref()
        .filter(|message| !message.is_empty())
    {
        Some(message) => format!("{}: {message}", state.name),
        None => state.name.clone(),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

fn json_or_text(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// Options of `invoke` that `deploy` has itself, or that contradict it.
const RESERVED: [&str; 5] = [
    "engine",
    "no_prefect",
    "flow_run_id",
    "retries",
    "retry_delay",
];

/// Splits options of `invoke` and checks them, so that a mistake is found here and not in the log of a worker.
fn invoke_options(text: &str) -> Result<Words, String> {
    let words = split_words(text).ok_or("a quote is not closed")?;
    let command = InvokeArgs::augment_args(Command::new("invoke").no_binary_name(true));
    let line = words.iter().map(String::as_str).chain(["--", "build"]);
    let read = command.try_get_matches_from(line).map_err(|error| {
        let message = error.to_string();
        let line = message.lines().next().unwrap_or_default();
        line.strip_prefix("error: ").unwrap_or(line).to_owned()
    })?;
    let is_given = |name: &&str| read.value_source(name) == Some(ValueSource::CommandLine);
    if let Some(name) = RESERVED.iter().find(|name| is_given(name)) {
        let flag = name.replace('_', "-");
        return Err(format!("`--{flag}` cannot be used in --invoke-options"));
    }
    match read.get_many::<String>("args").map(Iterator::count) {
        Some(1) => Ok(Words(words)),
        _ => Err("dbt's arguments belong after `--`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_invoke_are_checked() {
        let read = invoke_options("--timeout 60 --post-model 'tag:a=echo x'").expect("right");
        assert_eq!(read.0, ["--timeout", "60", "--post-model", "tag:a=echo x"]);
        for wrong in [
            "--timout 60",
            "--timeout soon",
            "--timeout",
            "build",
            "--tag 'a",
            "--no-prefect",
            "--retries 2",
        ] {
            assert!(invoke_options(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_json_or_text() {
        for (text, value) in [
            ("true", Value::Bool(true)),
            ("[\"a\"]", serde_json::json!(["a"])),
            ("tag:a", Value::from("tag:a")),
            ("", Value::from("")),
        ] {
            assert_eq!(json_or_text(text.to_owned()), value);
        }
        assert_eq!(pair("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert!(pair("=b").is_err() && pair("a").is_err());
    }
}
