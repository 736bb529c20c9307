//! The Python package, in a real Prefect flow.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::project::Finished;
use super::workshop::{BASE, BELOW, FLAKY, Workshop};

/// A Python program of the tests in the project, with the package and our program.
fn python(workshop: &Workshop, file: &str) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live");
    let mut python = python_in(&workshop.program(), &folder.join(file));
    python.arg(workshop.flow_run_name());
    python
}

/// A Python program in the folder of our program, with the package.
pub(super) fn python_in(program: &Command, file: &Path) -> Command {
    let prefect = PathBuf::from(std::env::var_os("PREFECT_DBT_TEST_PREFECT").unwrap());
    let mut python = Command::new(prefect.with_file_name("python"));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    python
        .current_dir(program.get_current_dir().unwrap())
        .env("PYTHONPATH", package())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PREFECT_DBT_BIN", program.get_program())
        .arg(file);
    python
}

/// The folder with the package.
pub(super) fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}

/// The facts that a program of the tests printed.
fn facts(finished: &Finished) -> Vec<Value> {
    let lines = finished.stdout.lines();
    let facts = lines.filter_map(|line| line.strip_prefix("FACT "));
    facts
        .map(|fact| serde_json::from_str(fact).unwrap())
        .collect()
}

#[test]
fn a_flow_with_the_package_is_recorded_and_its_hooks_are_called() {
    let workshop = Workshop::new();
    let finished = Finished::of(&mut python(&workshop, "python_package_flow.py"));
    finished.exits_with(0);
    let facts = facts(&finished);
    let found = |key: &str| {
        let fact = facts.iter().find(|fact| fact.get(key).is_some());
        fact.unwrap_or_else(|| panic!("no {key} in {facts:#?}\n{}", finished.stderr))
    };
    let event = |name: &str| {
        let mut fact = facts.iter().filter(|fact| fact["event"] == name);
        (fact.next().cloned().unwrap(), fact.count())
    };

    let start = json!({"event": "run_start", "command": "build", "args": ["build"], "owner": true, "nodes": 3});
    assert_eq!(event("run_start"), (start, 0));
    let model = json!({"event": "post_model", "node": FLAKY, "name": "flaky", "table": "table", "status": "error"});
    assert_eq!(event("post_model"), (model, 0));
    let statuses = json!({BASE: "success", FLAKY: "error", BELOW: "skipped"});
    let end = json!({
        "event": "run_end", "status": "error", "result": {"success": false}, "error": null, "run_results": statuses
    });
    assert_eq!(event("run_end"), (end, 0));
    let result = json!({"success": false, "exception": null, "results": statuses});
    assert_eq!(found("results"), &result);
    finished.says("dbt hook failed failed during post_model.");

    assert_eq!(found("listed")["listed"], json!(["base", "below", "flaky"]));
    let raised = found("raised")["raised"].as_str().unwrap();
    let headline = "Failures detected during invocation of dbt command 'build':\nModel flaky errored with message: \"";
    assert!(raised.starts_with(headline), "{raised}");
    let refused = found("refused")["refused"].as_str().unwrap();
    let headline = "Failed to invoke dbt command 'build --no-such-flag': ";
    assert!(
        refused.starts_with(headline) && refused.contains("No such option"),
        "{refused}"
    );
    assert_eq!(found("alone")["alone"], true);
    assert_eq!(found("select")["select"], "refused");
    assert!(workshop.path().join("elsewhere/run_results.json").exists());

    // The nodes of both builds and the task of the flow, and nothing of the run outside of it.
    let recorded = workshop.recorded(5);
    assert_eq!(recorded.flow_run.run_count, 1);
    assert_eq!(recorded.flow_state().name, "Completed");
    let logged = json!({
        "task_run_name": "model base", "task_run_id": recorded.of(BASE).id, "task_name": "execute_dbt_node",
        "flow_run_name": workshop.flow_run_name(), "flow_run_id": recorded.flow_run.id, "flow_name": "nightly",
    });
    assert_eq!(found("logged")["logged"], logged);
}

#[test]
fn flows_tasks_and_hooks_can_be_asynchronous() {
    let workshop = Workshop::new();
    let finished = Finished::of(&mut python(&workshop, "python_package_async.py"));
    let expected = "base success in nightly\n".repeat(3) + "[True, True, True]\n";
    assert_eq!(
        finished.exits_with(0).stdout,
        expected,
        "{}",
        finished.stderr
    );
    finished.says("dbt hook fails failed during run_end.");
    // The nodes of three runs, and the task of the flow.
    let recorded = workshop.recorded(4);
    assert_eq!(recorded.flow_state().name, "Completed");
}

#[test]
fn the_package_does_what_prefects_tests_expect_of_the_class() {
    let workshop = Workshop::new();
    Finished::of(&mut python(&workshop, "python_package_api.py")).exits_with(0);
}

#[test]
fn an_import_of_the_package_loads_only_what_is_needed() {
    let workshop = Workshop::new();
    // Without the packages of the environment, which load modules when Python starts.
    let mut python = python(&workshop, "python_package_ends.py");
    let finished = Finished::of(python.arg("modules").env("PYTHONNOUSERSITE", "1"));
    assert_eq!(finished.exits_with(0).stdout, "\n\n");
}

#[test]
fn dbt_does_not_start_when_python_or_the_program_is_killed() {
    for (victim, code, says) in [
        ("python", None, ""),
        (
            "program",
            Some(0),
            "prefect-dbt ended without a result (exit code -9)",
        ),
    ] {
        let workshop = Workshop::new();
        let mut python = python(&workshop, "python_package_ends.py");
        // Ends when the program has ended, too: it has the same output.
        let finished = Finished::of(python.arg(victim));
        assert_eq!(finished.code, code, "{victim}: {}", finished.stderr);
        assert_eq!(
            finished.stdout.trim(),
            says,
            "{victim}: {}",
            finished.stderr
        );
        assert!(!workshop.path().join("target/run_results.json").exists());
    }
}
