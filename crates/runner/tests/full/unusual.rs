//! What is unusual in a run of the real dbt is found by comparing it with the runs before it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::variable;

const SLOW: &str = "model.sleepers.m3";
const TEST: &str = "test.sleepers.check";
/// How long a model sleeps: longer than what a busy machine adds to one model at a time.
const USUAL: u32 = 1000;
/// The fewest earlier runs that say what is usual.
const FEWEST: usize = 5;

/// Four models that sleep in DuckDB, and a test.
struct Sleepers(TempDir);

impl Sleepers {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().expect("a folder"));
        for folder in ["models", "tests"] {
            fs::create_dir(project.path().join(folder)).expect("a folder");
        }
        let name = "name: sleepers\nprofile: sleepers\nmodels: {+materialized: table}\n";
        project.write("dbt_project.yml", name);
        let output = "{type: duckdb, path: sleepers.duckdb, threads: 1}";
        let profiles = format!("sleepers: {{target: dev, outputs: {{dev: {output}}}}}\n");
        project.write("profiles.yml", &profiles);
        for model in 1..=4 {
            project.sleep(model, USUAL);
        }
        project
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("a file");
    }

    fn sleep(&self, model: u32, milliseconds: u32) {
        let sql = format!("select 1 as id where sleep_ms({milliseconds}) is null\n");
        self.write(&format!("models/m{model}.sql"), &sql);
    }

    /// Runs the project, with a test that fails or not. Gives what differs from earlier runs, as the page of the run says.
    fn build(&self, fails: bool) -> Value {
        self.write(
            "tests/check.sql",
            &format!("select 1 as id where {fails}\n"),
        );
        let build = self.program(&["invoke", "--no-prefect", "--", "build"]);
        assert_eq!(build.status.code(), Some(i32::from(fails)), "{build:?}");
        let report = self.program(&["report", "--output", "json"]);
        assert!(report.status.success(), "{report:?}");
        let page: Value = serde_json::from_slice(&report.stdout).expect("a page");
        page["comparison"].clone()
    }

    fn program(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_prefect-dbt"))
            .args(args)
            .current_dir(self.path())
            .env("PREFECT_DBT_EXECUTABLE", variable("PREFECT_DBT_TEST_DBT"))
            .env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
            .output()
            .expect("it starts")
    }
}

fn is_slow(comparison: &Value) -> bool {
    let slower = comparison["slower"].as_array().expect("a list");
    slower.iter().any(|node| node["unique_id"] == SLOW)
}

#[test]
fn a_slow_model_a_failure_a_fix_and_a_flaky_test_are_found() {
    let project = Sleepers::new();
    for _ in 0..FEWEST {
        project.build(false);
    }
    project.sleep(3, USUAL * 3);
    let failing = project.build(true);
    assert_eq!(failing["newly_failing"], serde_json::json!([TEST]));
    let fixed = project.build(false);
    assert_eq!(fixed["fixed"], serde_json::json!([TEST]));
    assert!(is_slow(&failing) || is_slow(&fixed), "{failing} {fixed}");
    let flaky = project.build(true);
    assert_eq!(flaky["flaky"], serde_json::json!([TEST]));
}
