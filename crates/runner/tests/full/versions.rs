//! Another release of dbt 1 on the shop: its own times, and its own answers to selections.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use super::variable;

/// A copy of the shop.
struct Shop(TempDir);

impl Shop {
    fn new() -> Self {
        let copy = tempfile::tempdir().expect("a folder");
        let shop = testdata("projects/shop/.");
        let mut copied = Command::new("cp");
        let copied = copied.arg("-r").arg(shop).arg(copy.path()).status();
        assert!(copied.expect("cp").success());
        Self(copy)
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"));
        command.current_dir(self.0.path()).args(args);
        for name in ["DBT_SEND_ANONYMOUS_USAGE_STATS", "DBT_ENGINE_HINTS_ENABLED"] {
            command.env(name, "false");
        }
        command.output().expect("it starts")
    }

    fn artifact(&self, name: &str) -> Value {
        let path = self.0.path().join("target").join(name);
        let bytes = std::fs::read(path).expect("dbt wrote it");
        serde_json::from_slice(&bytes).expect("JSON")
    }
}

fn testdata(path: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    root.join(path)
}

fn stdout(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

fn time(value: &Value) -> Timestamp {
    let text = value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no time"));
    // Some of dbt's times have no zone: they are in UTC.
    let zone = if text.ends_with('Z') { "" } else { "Z" };
    format!("{text}{zone}").parse().expect("a time")
}

#[test]
fn the_times_of_nodes_enclose_those_of_run_results() {
    let shop = Shop::new();
    let dbt = variable("PREFECT_DBT_TEST_DBT");
    let args = [
        "invoke",
        "--no-prefect",
        "--output",
        "json",
        "--dbt",
        &dbt,
        "--",
        "build",
    ];
    let ours: Value = serde_json::from_str(&stdout(&shop.run(&args))).expect("a result");
    let nodes = ours["nodes"].as_array().expect("nodes");
    let results = shop.artifact("run_results.json");
    let results = results["results"].as_array().expect("results");
    assert!(results.len() > 20, "{}", results.len());
    for result in results {
        let id = &result["unique_id"];
        let node = nodes.iter().find(|node| node["unique_id"] == *id);
        let node = node.unwrap_or_else(|| panic!("{id} is missing"));
        assert_eq!(node["status"], result["status"], "{id}");
        // The events of SQL hooks begin after the compilation, and have no execution time.
        if id.as_str().is_some_and(|id| id.starts_with("operation.")) {
            continue;
        }
        // dbt's events have 32 bits of this number.
        let seconds = |of: &Value| of["execution_time"].as_f64().expect("seconds");
        let difference = (seconds(node) - seconds(result)).abs();
        assert!(difference <= seconds(result) * 1e-6, "{id}");
        let steps = result["timing"].as_array().expect("timing");
        for step in steps {
            let (from, to) = (time(&step["started_at"]), time(&step["completed_at"]));
            assert!(
                time(&node["started_at"]) <= from && to <= time(&node["ended_at"]),
                "{id}"
            );
        }
    }
}

#[test]
fn selections_are_those_of_dbt() {
    let tool = testdata("tools/selection_program.py");
    let mut compare = Command::new(variable("PREFECT_DBT_TEST_PYTHON"));
    compare.arg(tool).arg(env!("CARGO_BIN_EXE_prefect-dbt"));
    let said = stdout(&compare.output().expect("it starts"));
    println!("{said}");
}
