//! The same commands by prefect-dbt, by dbt alone and by the Python runner, in turns.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::measure::{Measurement, Spread, measure};
use crate::python::Environment;
use crate::record::{Reader, result_count};
use crate::server::{Server, quiet_environment};
use crate::workspace;

/// Longest time until the server has recorded a run that has ended.
const RECORDING: Duration = Duration::from_secs(180);

/// What each contestant does in a round.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) title: &'a str,
    /// dbt's command lines, one after another.
    pub(super) commands: &'a [&'a [&'a str]],
    /// Whether the runs are reported to a live server, and the Python runner takes part.
    pub(super) is_reported: bool,
    /// Whether the target folder is removed before each round, so that dbt parses from scratch.
    pub(super) is_fresh: bool,
    pub(super) with_reference: bool,
    /// Another build of prefect-dbt that takes part.
    pub(super) other: Option<&'a Path>,
    /// The example of a flow that invokes all commands in one process, in place of one process for each.
    pub(super) flow: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contestant<'a> {
    PlainDbt,
    Launched,
    Unlaunched,
    /// Another build of prefect-dbt, without its launcher.
    Other(&'a Path),
    Reference,
}

use Contestant::{Launched, Other, PlainDbt, Reference, Unlaunched};

impl Contestant<'_> {
    fn name(self) -> &'static str {
        match self {
            PlainDbt => "plain dbt",
            Launched => "prefect-dbt",
            Unlaunched => "without the launcher",
            Other(_) => "the other build",
            Reference => "Python runner",
        }
    }

    fn command(self, run: &Run<'_>, args: &[&str]) -> Command {
        let mut command = match (self, run.flow) {
            (PlainDbt, _) => Command::new(Environment::Dbt.program("dbt")),
            (Launched | Unlaunched, None) => Command::new(workspace::release_binary()),
            (Other(path), _) => Command::new(path),
            (Launched | Unlaunched, Some(flow)) => Command::new(workspace::release_example(flow)),
            (Reference, _) => Command::new(Environment::Reference.program("python")),
        };
        quiet_environment(&mut command);
        command.current_dir(run.project);
        if let Some(api) = run.api {
            command.env("PREFECT_API_URL", api);
        }
        let launcher = if self == Launched { "auto" } else { "off" };
        match self {
            PlainDbt => command.args(args),
            Launched | Unlaunched | Other(_) => {
                command
                    .env("PREFECT_DBT_EXECUTABLE", Environment::Dbt.program("dbt"))
                    .env("PREFECT_DBT_LAUNCHER", launcher);
                match run.flow {
                    Some(_) => command.arg(run.name),
                    None => command
                        .args(["invoke", "--flow-run-name", run.name])
                        .args(run.api.is_none().then_some("--no-prefect"))
                        .arg("--")
                        .args(args),
                }
            }
            Reference => command
                .arg(workspace::testdata().join("tools/reference_flow.py"))
                .arg(run.name),
        };
        command
    }
}

/// One run of a contestant.
struct Run<'a> {
    project: &'a Path,
    api: Option<&'a str>,
    /// The name of the flow run.
    name: &'a str,
    flow: Option<&'a str>,
}

/// The measurements of one contestant.
struct Score<'a> {
    contestant: Contestant<'a>,
    project: PathBuf,
    measurements: Vec<Measurement>,
}

/// Measures a case in the project in `source`, and prints a table.
pub(super) fn compare(case: Case<'_>, source: &Path, rounds: usize) -> Result<()> {
    let server = match case.is_reported {
        true => Some(Server::start()?),
        false => None,
    };
    let work = workspace::fresh_dir(&format!("bench/{}", case.title.replace(' ', "-")))?;
    let reference = case.with_reference.then_some(Reference);
    let mut scores = Vec::new();
    for contestant in [PlainDbt, Launched, Unlaunched]
        .into_iter()
        .chain(case.other.map(Other))
        .chain(reference)
    {
        let project = work.join(contestant.name().replace(' ', "-"));
        workspace::copy_project(source, &project)?;
        scores.push(Score {
            contestant,
            project,
            measurements: Vec::new(),
        });
    }
    // Round 0 warms up: it parses each copy and creates its database.
    for round in 0..=rounds {
        for turn in 0..scores.len() {
            // The order alternates, so that a slower machine affects all contestants.
            let index = if round % 2 == 0 {
                turn
            } else {
                scores.len() - 1 - turn
            };
            run_once(&mut scores[index], round, server.as_ref(), case)?;
        }
    }
    print_table(case.title, &scores);
    Ok(())
}

fn run_once(
    score: &mut Score<'_>,
    round: usize,
    server: Option<&Server>,
    case: Case<'_>,
) -> Result<()> {
    let name = score.contestant.name();
    let api = server.map(Server::api);
    if case.is_fresh {
        let target = score.project.join("target");
        if target.exists() {
            fs_err::remove_dir_all(target)?;
        }
    }
    let flow = case.flow.filter(|_| score.contestant != PlainDbt);
    // A flow invokes all of them.
    let steps = if flow.is_some() {
        1
    } else {
        case.commands.len()
    };
    let mut sum = Measurement::default();
    for (step, args) in case.commands.iter().take(steps).enumerate() {
        let flow_run = format!("{} {name} {round} {step}", case.title);
        let run = Run {
            project: &score.project,
            api,
            name: &flow_run,
            flow,
        };
        let mut command = score.contestant.command(&run, args);
        let one = measure(&mut command, &score.project.join("output.txt"))?;
        sum = sum.and(one);
        // The next one starts when the server is idle.
        if let (Some(api), true) = (api, score.contestant != PlainDbt) {
            let reader = Reader::new(api)?;
            match (score.contestant, flow) {
                (Reference, _) | (_, Some(_)) => reader.wait_until_settled(&flow_run, RECORDING)?,
                _ => reader.wait_for(&flow_run, result_count(&score.project)?, RECORDING)?,
            };
        }
    }
    println!(
        "{} {name} {round}: {:.2} s, CPU {:.2} s",
        case.title, sum.wall, sum.cpu
    );
    if round > 0 {
        score.measurements.push(sum);
    }
    Ok(())
}

fn print_table(title: &str, scores: &[Score<'_>]) {
    let spread = |score: &Score<'_>, value: fn(&Measurement) -> f64| {
        Spread::of(score.measurements.iter().map(value).collect())
    };
    let plain = &scores[0];
    println!(
        "\n{title}: medians of {} runs (smallest-largest)",
        plain.measurements.len()
    );
    println!(
        "{:<21} {:>22} {:>6} {:>22} {:>6} {:>8}",
        "", "wall s", "x dbt", "CPU s", "x dbt", "peak MB"
    );
    for score in scores {
        let wall = spread(score, |one| one.wall);
        let cpu = spread(score, |one| one.cpu);
        let peak = spread(score, |one| one.peak_mb);
        let times =
            |value: fn(&Measurement) -> f64, own: &Spread| own.middle / spread(plain, value).middle;
        println!(
            "{:<21} {:>22} {:>6.3} {:>22} {:>6.3} {:>8.1}",
            score.contestant.name(),
            wall.to_string(),
            times(|one| one.wall, &wall),
            cpu.to_string(),
            times(|one| one.cpu, &cpu),
            peak.middle
        );
    }
    println!();
}
