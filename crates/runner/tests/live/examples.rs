//! The examples, with the real dbt.

use std::path::PathBuf;
use std::process::Command;

use prefect_client::{Client, Settings};
use tokio::runtime::Builder;

use super::project::{Finished, Project};
use super::references::References;
use super::workshop::Workshop;

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

/// Runs an example as our program is run in a project.
fn run(program: &Command, name: &str, args: &[&str]) -> Finished {
    let mut command = Command::new(example(name));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.current_dir(program.get_current_dir().unwrap());
    Finished::of(command.args(args))
}

/// Runs an example that prints these texts.
fn prints(program: &Command, name: &str, texts: &[&str]) {
    let finished = run(program, name, &[]);
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
    // One small project for all, with something for each command.
    let workshop = Workshop::new();
    workshop.mend();
    fs_err::create_dir(workshop.path().join("seeds")).unwrap();
    workshop.write("seeds/words.csv", "word\none\n");
    let tests = "models: [{name: base, columns: [{name: id, data_tests: [unique]}]}]\n";
    workshop.write("models/tests.yml", tests);
    let program = workshop.program();
    for plain in [
        "basic",
        "retry",
        "compiled_code",
        "disabled_assets",
        "log_level",
        "no_raise",
        "several_invocations",
    ] {
        run(&program, plain, &[]).exits_with(0);
    }
    run(&program, "settings", &[".", "."]).exits_with(0);
}

#[test]
fn the_templated_profile_example_reads_blocks_and_variables() {
    let project = Project::new();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let client = Client::new(&Settings::with_api_url(&project.environment.api)).unwrap();
    let references = References::make(&project, client, &runtime);
    runtime.block_on(references.choose("prod"));
    run(&project.program(), "templated_profile", &[]).exits_with(0);
    assert!(project.path().join("prod.duckdb").exists());
}

#[test]
fn examples_of_hooks_print_their_context() {
    let workshop = Workshop::new();
    workshop.mend();
    let program = workshop.program();
    run(&program, "critical_failure", &[]).exits_with(0);
    let summary = "#data-platform: dbt build finished with status=success; per node: {";
    prints(&program, "run_summary", &[summary]);
    run(&program, "slow_models", &[]).exits_with(0);

    // These select nodes by tags that the small project does not have.
    let project = Project::new();
    prints(
        &project.program(),
        "hooks",
        &[
            "Starting dbt command: build with args: [\"build\"]",
            "Run finished with status: success",
            "Nodes that took part: ",
        ],
    );
    // Of six models one is ephemeral, and one is off.
    prints(
        &project.program(),
        "hook_selections",
        &[
            "about to run 4 nodes of marts",
            "marts touched in command `build`; status=success",
        ],
    );
}
