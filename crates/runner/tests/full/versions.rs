//! Another release of dbt 1 on the shop: its own times, and its own answers to selections.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use super::variable;

/// What `dbt ls` is asked: methods, operators, exclusion, wildcards, kinds.
const SELECTIONS: [&[&str]; 12] = [
    &[],
    &["--select", "+daily_revenue"],
    &["--select", "raw_orders+1", "@stg_payments"],
    &["--select", "stg_*", "*_revenue"],
    &["--select", "source:landing+"],
    &["--select", "config.materialized:view,staging"],
    &["--select", "path:models/marts", "--exclude", "orders"],
    &["--select", "exposure:*", "+exposure:*"],
    &["--exclude", "resource_type:test", "test_type:unit"],
    &["--select", "orders", "--indirect-selection", "cautious"],
    &["--resource-type", "test", "unit_test"],
    &["--select", "group:*", "access:public"],
];

/// A copy of the shop.
struct Shop(TempDir);

impl Shop {
    fn new() -> Self {
        let copy = tempfile::tempdir().expect("a folder");
        let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/projects/shop/.");
        let copied = Command::new("cp")
            .arg("-r")
            .arg(shop)
            .arg(copy.path())
            .status();
        assert!(copied.expect("cp").success());
        Self(copy)
    }

    fn run(&self, program: PathBuf, args: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.current_dir(self.0.path()).args(args);
        for name in ["DBT_SEND_ANONYMOUS_USAGE_STATS", "DBT_ENGINE_HINTS_ENABLED"] {
            command.env(name, "false");
        }
        command.output().expect("it starts")
    }

    fn dbt(&self, args: &[&str]) -> Output {
        self.run(variable("PREFECT_DBT_TEST_DBT").into(), args)
    }

    fn ours(&self, args: &[&str]) -> Output {
        self.run(env!("CARGO_BIN_EXE_prefect-dbt").into(), args)
    }

    fn artifact(&self, name: &str) -> Value {
        let path = self.0.path().join("target").join(name);
        let bytes = std::fs::read(path).expect("dbt wrote it");
        serde_json::from_slice(&bytes).expect("JSON")
    }
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
    let ours: Value = serde_json::from_str(&stdout(&shop.ours(&args))).expect("a result");
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
    let shop = Shop::new();
    stdout(&shop.dbt(&["parse"]));
    for selection in SELECTIONS {
        let keys = ["--output", "json", "--output-keys", "unique_id"];
        let theirs = stdout(&shop.dbt(&[&["--quiet", "ls"], selection, &keys].concat()));
        let ours = stdout(&shop.ours(&[&["ls"], selection, &keys].concat()));
        let ids = |text: &str| {
            let lines = text.lines().filter(|line| line.starts_with('{'));
            let id =
                |line| serde_json::from_str::<Value>(line).expect("JSON")["unique_id"].to_string();
            lines.map(id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&ours), ids(&theirs), "{selection:?}");
    }
}
