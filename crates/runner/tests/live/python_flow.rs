//! Called inside a flow in Python, which owns the flow run.

use std::path::PathBuf;
use std::process::Command;

use prefect_client::StateType;

use super::project::Finished;
use super::workshop::{BASE, BELOW, FLAKY, Workshop};

/// Runs our program as a flow in Python does that wants no Python runner.
const FLOW: &str = r#"
import os, subprocess, sys
from prefect import flow
from prefect.runtime import flow_run

@flow(flow_run_name=sys.argv[1])
def nightly():
    environment = dict(os.environ, PREFECT__FLOW_RUN_ID=flow_run.id)
    return subprocess.run(sys.argv[2:], env=environment).returncode

print("exit code", nightly())
"#;

#[test]
fn inside_a_python_flow_only_task_runs_are_reported() {
    let workshop = Workshop::new();
    let prefect = PathBuf::from(std::env::var_os("PREFECT_DBT_TEST_PREFECT").unwrap());
    let program = workshop.program();
    let mut python = Command::new(prefect.with_file_name("python"));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    python
        .current_dir(workshop.path())
        .args(["-c", FLOW, workshop.flow_run_name()])
        .arg(program.get_program())
        .args(["invoke", "--", "build"]);
    let finished = Finished::of(&mut python);
    assert!(
        finished.exits_with(0).stdout.contains("exit code 1"),
        "{}\n{}",
        finished.stdout,
        finished.stderr
    );

    let recorded = workshop.recorded(3);
    // Python has the last word: its flow returned.
    assert_eq!(recorded.flow_state().kind, StateType::Completed);
    assert_eq!(recorded.flow_run.run_count, 1);
    let state = |unique_id| recorded.of(unique_id).state.as_ref().unwrap().name.clone();
    assert_eq!(
        [BASE, FLAKY, BELOW].map(state),
        ["Completed", "Failed", "Skipped"]
    );
}
