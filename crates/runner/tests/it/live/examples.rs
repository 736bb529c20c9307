//! The examples, at the real dbt.

use std::path::PathBuf;
use std::process::Command;

use super::project::{Finished, Project};

/// The program that an example became; beside ours, where cargo puts it.
fn example(name: &str) -> PathBuf {
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

#[test]
fn every_example_does_what_it_says() {
    // One project for all, so that dbt reads it once.
    let project = Project::new();
    for plain in [
        "basic",
        "retry",
        "compiled_code",
        "templated_profile",
        "disabled_assets",
    ] {
        run(&project, plain, &[]).exits_with(0);
    }
    run(&project, "settings", &[".", "."]).exits_with(0);
    run(&project, "log_level", &[]).exits_with(0);

    let prints = |name: &str, texts: &[&str]| {
        let finished = run(&project, name, &[]);
        for text in texts {
            assert!(
                finished.exits_with(0).stdout.contains(text),
                "`{text}` is not in\n{}",
                finished.stdout
            );
        }
    };
    prints("no_raise", &[]);
    prints(
        "hooks",
        &[
            "Starting dbt command: build with args: [\"build\"]",
            "Run finished with status: success",
            "Nodes that took part: ",
        ],
    );
    prints("critical_failure", &[]);
    prints(
        "run_summary",
        &["#data-platform: dbt build finished with status=success; per node: {"],
    );
    prints("slow_models", &[]);
    prints(
        "hook_selections",
        &[
            "about to run 6 nodes of marts",
            "marts touched in command `build`; status=success",
        ],
    );
}
