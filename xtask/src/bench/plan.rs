//! `prefect-dbt plan`: how far its expected duration is from what dbt then takes, and how long a plan itself takes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::measure::measure;
use super::programs::{parsed, repeat};
use super::sleepers::Shape;
use crate::python::Environment;
use crate::server::quiet_environment;
use crate::{process, workspace};

/// The numbers of threads.
const THREADS: [&str; 3] = ["1", "4", "8"];
/// How often dbt runs before its next run is predicted.
const LEARNING: usize = 3;
/// How many records a history has.
const RECORDS: usize = 20;

/// Runs each project three times with each number of threads, predicts the fourth run, and prints how far off that was.
pub(super) fn predict() -> Result<()> {
    println!(
        "{:<8} {:>7} {:>10} {:>8} {:>8}",
        "project", "threads", "expected s", "took s", "off by"
    );
    for shape in Shape::ALL {
        let dir = workspace::fresh_dir(&format!("bench/{}", shape.name()))?;
        shape.generate(&dir)?;
        for threads in THREADS {
            let project = Project { dir: &dir, threads };
            for _ in 0..LEARNING {
                project.build()?;
            }
            let expected = project.expected()?;
            let took = project.build()?;
            let off = (expected / took - 1.0) * 100.0;
            println!(
                "{:<8} {threads:>7} {expected:>10.1} {took:>8.1} {off:>+6.1} %",
                shape.name()
            );
        }
    }
    Ok(())
}

/// A project with a history for each number of threads.
struct Project<'a> {
    dir: &'a Path,
    threads: &'a str,
}

impl Project<'_> {
    fn journals(&self) -> PathBuf {
        self.dir.join(format!("threads-{}", self.threads))
    }

    fn command(&self, subcommand: &str, options: &[&str]) -> Command {
        let mut command = Command::new(workspace::release_binary());
        quiet_environment(&mut command);
        command.current_dir(self.dir).arg(subcommand).args(options);
        command.arg("--journal-dir").arg(self.journals());
        command.args(["--", "build", "--threads", self.threads]);
        command
    }

    /// Runs the project. Gives the seconds from dbt's first event to its last, as prefect-dbt says them.
    fn build(&self) -> Result<f64> {
        let dbt = Environment::Dbt.program("dbt");
        let output = self.dir.join("output.txt");
        let mut command = self.command("invoke", &["--no-prefect"]);
        measure(command.env("PREFECT_DBT_EXECUTABLE", dbt), &output)?;
        let said = fs_err::read_to_string(&output)?;
        seconds(&said).with_context(|| format!("{} has no duration", output.display()))
    }

    fn expected(&self) -> Result<f64> {
        let plan = process::output(&mut self.command("plan", &["--output", "json"]))?;
        let plan: Value = serde_json::from_str(&plan)?;
        plan["total_expected_s"]
            .as_f64()
            .context("the plan has no duration")
    }
}

/// The duration in the last lines of a run: `Nodes: 16 in 10.10s, including parsing`.
fn seconds(said: &str) -> Option<f64> {
    let line = said.lines().find(|line| line.starts_with("Nodes: "))?;
    let (_, took) = line.split_once(" in ")?;
    took.split_once('s')?.0.parse().ok()
}

/// Plans a project of 10,000 nodes with a full history on disk.
pub(super) fn large(rounds: usize) -> Result<()> {
    let dir = parsed()?;
    write_history(&dir)?;
    repeat(
        "prefect-dbt plan, 10,000 nodes, 20 records",
        &["plan", "--", "build"],
        &dir,
        rounds,
    )
}

/// Writes records of runs in which every node of the project took a moment.
fn write_history(dir: &Path) -> Result<()> {
    let manifest = fs_err::read(dir.join("target/manifest.json"))?;
    let manifest: Value = serde_json::from_slice(&manifest)?;
    let ids = manifest["nodes"].as_object().into_iter().flatten();
    let nodes: Map<String, Value> = (1..)
        .zip(ids)
        .map(|(place, (id, _))| (id.clone(), json!(["success", place, 1000 + place % 7])))
        .collect();
    let history = dir.join(".prefect-dbt/history/dev");
    fs_err::create_dir_all(&history)?;
    // As prefect-dbt names runs of the command line `build`.
    let selection = Uuid::new_v5(&Uuid::NAMESPACE_OID, b"build");
    for number in 0..RECORDS {
        let id = format!("00000000-0000-7000-8000-{number:012}");
        let record = json!({
            "run_id": id, "invocation_id": null, "command": "build", "selection": selection, "is_complete": true,
            "started": "2026-01-01T00:00:00Z", "ended": "2026-01-01T01:00:00Z", "nodes": nodes,
        });
        fs_err::write(history.join(format!("{id}.json")), record.to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_how_long_it_took() {
        let said =
            "12:00:00.000 | INFO | Done\nNodes: 16 in 10.10s, including parsing (16 success)\n";
        assert_eq!(seconds(said), Some(10.1));
        assert_eq!(seconds("Nodes: none"), None);
    }
}
