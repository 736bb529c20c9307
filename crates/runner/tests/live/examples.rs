//! The examples, with the real dbt.

use std::path::PathBuf;
use std::process::Command;

use prefect_client::{Client, Settings};
use tokio::runtime::Builder;

use super::project::{Finished, Project};
use super::references::References;

/// The built example, in the folder where cargo puts it.
pub(super) fn example(name: &str) -> PathBuf {
    let beside = PathBuf::from(env!("CARGO_BIN_EXE_prefect-dbt"));
    let program = beside.with_file_name("examples").join(name);
    assert!(
        program.exists(),
        "{} is not built: `cargo build --examples` does",
        program.display()
    );
    program
}

/// Runs an example in the project.
fn run(project: &Project, name: &str, args: &[&str]) -> Finished {
    let mut command = Command::new(example(name));
    let program = project.program();
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.current_dir(project.path()).args(args);
    Finished::of(&mut command)
}

/// Runs an example that prints these texts.
fn prints(project: &Project, name: &str, texts: &[&str]) {
    let finished = run(project, name, &[]);
    for text in texts {
        assert!(
            finished.exits_with(0).stdout.contains(text),
            "`{text}` is not in\n{}",
            finished.stdout
        );
    }
}

#[test]
fn examples_of_runs_succeed() {
    // One project for all, so that dbt reads it once.
    let project = Project::new();
    for plain in [
        "basic",
        "retry",
        "compiled_code",
        "disabled_assets",
        "log_level",
        "no_raise",
        "several_invocations",
    ] {
        run(&project, plain, &[]).exits_with(0);
    }
    run(&project, "settings", &[".", "."]).exits_with(0);
}

#[test]
fn the_templated_profile_example_reads_blocks_and_variables() {
    let project = Project::new();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let client = Client::new(&Settings::with_api_url(&project.environment.api)).unwrap();
    let references = References::make(&project, client, &runtime);
    runtime.block_on(references.choose("prod"));
    run(&project, "templated_profile", &[]).exits_with(0);
    assert!(project.path().join("prod.duckdb").exists());
}

#[test]
fn examples_of_hooks_print_their_context() {
    let project = Project::new();
    prints(
        &project,
        "hooks",
        &[
            "Starting dbt command: build with args: [\"build\"]",
            "Run finished with status: success",
            "Nodes that took part: ",
        ],
    );
    run(&project, "critical_failure", &[]).exits_with(0);
    let summary = "#data-platform: dbt build finished with status=success; per node: {";
    prints(&project, "run_summary", &[summary]);
    run(&project, "slow_models", &[]).exits_with(0);
    // Of six models one is ephemeral, and one is off.
    prints(
        &project,
        "hook_selections",
        &[
            "about to run 4 nodes of marts",
            "marts touched in command `build`; status=success",
        ],
    );
}
