//! The examples, with the real dbt.

use std::path::PathBuf;
use std::process::Command;

use super::project::Finished;
use super::samples::{self, Ran, SAMPLES, TEMPLATED};
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

/// The flow of an example; those without one run outside of a flow.
pub(super) fn flow(name: &str) -> Option<&'static str> {
    match name {
        "retry" => Some("build-or-retry"),
        "no_raise" => Some("whatever-happens"),
        "hooks" => Some("with-hooks"),
        "basic" => Some("run-dbt"),
        "compiled_code" => Some("with-compiled-code"),
        "disabled_assets" => Some("without-assets"),
        "settings" => Some("with-settings"),
        "log_level" => Some("errors-alone"),
        "templated_profile" => Some("with-templated-profile"),
        _ => None,
    }
}

#[test]
fn each_example_leaves_what_the_python_class_leaves() {
    let project = samples::project();
    let mut all = Vec::new();
    for (name, is_new) in SAMPLES {
        if is_new {
            let _ = fs_err::remove_file(project.path().join("shop.duckdb"));
        }
        if name == TEMPLATED {
            samples::refer_to_a_variable(&project);
        }
        let args: &[&str] = if name == "settings" { &[".", "."] } else { &[] };
        let finished = run(&project.program(), name, args);
        all.push(Ran {
            name,
            flow: flow(name),
            succeeded: finished.code == Some(0),
            printed: finished.stdout.lines().map(str::to_owned).collect(),
        });
    }
    let mut found: Vec<String> = all.iter().flat_map(Ran::differences).collect();
    found.extend(all.iter().flat_map(|ran| ran.unexplained(&project)));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_example_of_several_invocations_succeeds() {
    let workshop = Workshop::new();
    workshop.mend();
    fs_err::create_dir(workshop.path().join("seeds")).unwrap();
    workshop.write("seeds/words.csv", "word\none\n");
    let tests = "models: [{name: base, columns: [{name: id, data_tests: [unique]}]}]\n";
    workshop.write("models/tests.yml", tests);
    run(&workshop.program(), "several_invocations", &[]).exits_with(0);
}
