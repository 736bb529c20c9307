//! The same build by prefect-dbt, by dbt alone and by the Python runner, with one server.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::measure::{Measurement, measure, medians};
use crate::python::Environment;
use crate::record::{Reader, Record, result_count};
use crate::server::{Server, quiet_environment};
use crate::workspace;

/// Longest time until the server has recorded a run that has ended.
const RECORDING: Duration = Duration::from_secs(180);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contestant {
    PlainDbt,
    Ours,
    Reference,
}

use Contestant::{Ours, PlainDbt, Reference};

impl Contestant {
    fn name(self) -> &'static str {
        match self {
            PlainDbt => "plain dbt",
            Ours => "prefect-dbt",
            Reference => "Python runner",
        }
    }

    fn command(self, api: &str, project: &Path, flow_run: &str) -> Command {
        let mut command = match self {
            PlainDbt => Command::new(Environment::Dbt.program("dbt")),
            Ours => Command::new(workspace::release_binary()),
            Reference => Command::new(Environment::Reference.program("python")),
        };
        quiet_environment(&mut command);
        command.current_dir(project).env("PREFECT_API_URL", api);
        match self {
            PlainDbt => command.arg("build"),
            Ours => command
                .env("PREFECT_DBT_EXECUTABLE", Environment::Dbt.program("dbt"))
                .args(["invoke", "--flow-run-name", flow_run, "--", "build"]),
            Reference => command
                .arg(workspace::testdata().join("tools/reference_flow.py"))
                .arg(flow_run),
        };
        command
    }
}

/// The measurements of one contestant.
struct Score {
    contestant: Contestant,
    project: PathBuf,
    measurements: Vec<Measurement>,
    record: Option<Record>,
}

/// Measures builds of the project in `source`, and prints a table.
pub(super) fn compare(title: &str, source: &Path, rounds: usize) -> Result<()> {
    let server = Server::start()?;
    let reader = Reader::new(server.api())?;
    let work = workspace::fresh_dir(&format!("bench/{title}"))?;
    let mut scores = Vec::new();
    for contestant in [PlainDbt, Ours, Reference] {
        let project = work.join(contestant.name().replace(' ', "-"));
        workspace::copy_project(source, &project)?;
        scores.push(Score {
            contestant,
            project,
            measurements: Vec::new(),
            record: None,
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
            run_once(&mut scores[index], round, &reader, server.api(), title)?;
        }
    }
    print_table(title, &scores)
}

fn run_once(
    score: &mut Score,
    round: usize,
    reader: &Reader,
    api: &str,
    title: &str,
) -> Result<()> {
    let name = score.contestant.name();
    let flow_run = format!("{title} {name} {round}");
    let mut command = score.contestant.command(api, &score.project, &flow_run);
    let measurement = measure(&mut command, &score.project.join("output.txt"))?;
    println!("{flow_run}: {:.2} s", measurement.wall.as_secs_f64());
    if score.contestant != PlainDbt {
        // The next contestant starts when the server is idle.
        score.record = Some(match score.contestant {
            Ours => reader.wait_for(&flow_run, result_count(&score.project)?, RECORDING)?,
            // The Python runner does not record every result; the table shows how many it does.
            _ => reader.wait_until_settled(&flow_run, RECORDING)?,
        });
    }
    if round > 0 {
        score.measurements.push(measurement);
    }
    Ok(())
}

fn print_table(title: &str, scores: &[Score]) -> Result<()> {
    let results = result_count(&scores[0].project)?;
    let (plain, _) = medians(&scores[0].measurements);
    println!(
        "\n{title}: {results} results, medians of {} runs",
        scores[0].measurements.len()
    );
    println!(
        "{:<14} {:>8} {:>10} {:>9} {:>10} {:>6}",
        "", "wall s", "x dbt", "peak MB", "task runs", "edges"
    );
    for score in scores {
        let (wall, peak) = medians(&score.measurements);
        let ratio = wall / plain;
        let (runs, edges) = score.record.as_ref().map_or_else(
            || ("-".to_owned(), "-".to_owned()),
            |record| {
                (
                    record.task_runs.len().to_string(),
                    record.edges().to_string(),
                )
            },
        );
        let name = score.contestant.name();
        println!("{name:<14} {wall:>8.2} {ratio:>10.3} {peak:>9.1} {runs:>10} {edges:>6}");
    }
    println!();
    Ok(())
}
