//! `prefect-dbt sweep`.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use prefect_client::Client;

use super::error_report::ErrorReport;
use crate::console::printable;
use crate::model::exit_codes;
use crate::observe::Unobserved;
use crate::outcome::{Error, client_from_env};
use crate::replay::{ReplayOptions, replay};
use crate::sweep::{Flows, Sweep, SweepError, SweepOptions, Swept};

/// Set flow runs of prefect-dbt to Crashed whose process is gone, also if its disk is lost.
///
/// A flow run is dead if its process ran on this machine and is gone. If the process is alive on this machine, the flow run is left
/// alone, even if it is silent. Any other flow run is dead if the server got no sign of life (heartbeat, event or log line) for the
/// time of --older-than, and gets none until a second look. If a second look is needed, the command waits for one heartbeat
/// (PREFECT_FLOWS_HEARTBEAT_FREQUENCY, 180 seconds by default), also with --dry-run.
///
/// The open task runs of a dead flow run are set to Crashed, too, and so are those of a flow run that ended longer ago than
/// --older-than. If the journal of a dead run is still where the run wrote it, it is replayed instead, because it knows more.
///
/// Flow runs that are paused or scheduled, and those of other programs, are not changed.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct SweepArgs {
    /// Time without a sign of life, in seconds, or with a unit: `90s`, `10m`, `2h` or `1d` [default: 10m, or three heartbeats if
    /// that is more].
    #[arg(long, value_name = "TIME", value_parser = time)]
    older_than: Option<Duration>,
    /// Only flow runs of this flow [default: of all flows].
    #[arg(long, value_name = "NAME")]
    flow_name: Option<String>,
    /// Print what is dead, and close nothing.
    #[arg(long)]
    dry_run: bool,
}

const AFTER_HELP: &str = "\
Examples:
  prefect-dbt sweep --dry-run
  prefect-dbt sweep --older-than 30m --flow-name nightly

Exit codes:
  0  everything that is dead is closed
  2  an option is invalid
  3  Prefect is not configured or not reachable, or refuses a state";

/// Writes a line for each flow run to `out`. Returns the exit code.
pub(crate) fn run(args: &SweepArgs, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    match attempt(args, out, err) {
        Ok(exit_code) => exit_code,
        Err(error) => {
            // A closed stderr does not change the exit code.
            let _ = writeln!(err, "{error}");
            error.exit_code
        }
    }
}

fn attempt(args: &SweepArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, ErrorReport> {
    let client = client_from_env()?.ok_or(SweepError::NoApi)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let options = SweepOptions {
        flows: Flows {
            names: args.flow_name.clone().into_iter().collect(),
            ..Flows::default()
        },
        older_than: args.older_than,
        dry_run: args.dry_run,
    };
    let failed = |source| SweepError::Failed {
        api: client.api_url().to_string(),
        source,
    };
    let mut sweep = Sweep::new(&client, options);
    let first = runtime.block_on(sweep.first_look()).map_err(failed)?;
    let (mut exit_code, mut found) = (exit_codes::SUCCESS, first.len());
    for one in &first {
        exit_code = exit_code.max(runtime.block_on(report(&client, one, args.dry_run, out)));
    }
    if sweep.unclear() > 0 {
        let runs = counted(sweep.unclear(), "flow run");
        let wait = sweep.interval().as_secs();
        let _ = writeln!(
            err,
            "{runs} without a sign of life: second look in {wait} s"
        );
    }
    let second = runtime.block_on(sweep.second_look()).map_err(failed)?;
    found += second.len();
    for one in &second {
        exit_code = exit_code.max(runtime.block_on(report(&client, one, args.dry_run, out)));
    }
    if found == 0 {
        let _ = writeln!(out, "nothing is dead");
    }
    Ok(exit_code)
}

/// Writes what a sweep has done with a flow run, and replays its journal if it has one. Returns the exit code.
async fn report(client: &Client, swept: &Swept, is_dry: bool, out: &mut dyn Write) -> u8 {
    // A closed stdout does not change the exit code.
    let _ = writeln!(out, "{}", printable(&described(swept, is_dry)));
    if swept.problem.is_some() {
        return exit_codes::NO_PREFECT;
    }
    let Some(journal) = swept.journal.as_ref().filter(|_| !is_dry) else {
        return exit_codes::SUCCESS;
    };
    if deliver(client, journal).await {
        return exit_codes::SUCCESS;
    }
    let path = journal.display();
    let _ = writeln!(out, "not delivered; to see why: prefect-dbt replay {path}");
    exit_codes::NO_PREFECT
}

/// Replays the journal of a killed run.
async fn deliver(client: &Client, journal: &Path) -> bool {
    let options = ReplayOptions::default();
    let runs = replay(journal, client, &options, &Unobserved).await;
    runs.is_ok_and(|runs| runs.iter().all(|run| run.is_delivered()))
}

/// What a sweep has done with a flow run, for people.
fn described(swept: &Swept, is_dry: bool) -> String {
    let (id, cause) = (swept.flow_run_id, swept.cause.describe());
    let run = match &swept.name {
        Some(name) => format!("flow run '{name}' ({id})"),
        None => format!("flow run {id}"),
    };
    let task_runs = counted(swept.task_runs, "open task run");
    let what = match (&swept.journal, &swept.problem, is_dry) {
        (_, Some(problem), _) => format!("not closed: Prefect refuses the state: {problem}"),
        (Some(journal), None, false) => format!("replayed from {}", journal.display()),
        (Some(journal), None, true) => format!("to be replayed from {}", journal.display()),
        (None, None, false) => format!("closed, with {task_runs}"),
        (None, None, true) => format!("to be closed, with {task_runs}"),
    };
    format!("{run}: {cause}; {what}")
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// A time with its unit; seconds without one.
fn time(text: &str) -> Result<Duration, String> {
    let at = text.find(|c: char| c.is_ascii_alphabetic());
    let (number, unit) = text.split_at(at.unwrap_or(text.len()));
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err("expected a time such as 90s, 10m or 2h".to_owned()),
    };
    let number: u32 = number
        .parse()
        .map_err(|_| "expected a time such as 90s, 10m or 2h".to_owned())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let seconds = |text| time(text).map(|time| time.as_secs()).ok();
        for (text, expected) in [
            ("90", Some(90)),
            ("90s", Some(90)),
            ("10m", Some(600)),
            ("2h", Some(7200)),
            ("1d", Some(86_400)),
            ("", None),
            ("m", None),
            ("10 m", None),
            ("1.5h", None),
            ("-1m", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
