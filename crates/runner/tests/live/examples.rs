//! The examples, with the real dbt.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use prefect_client::{Client, NewVariable, Settings};
use tokio::runtime::Builder;

use super::project::{Finished, Project};
use super::python_left::{Left, Sample, plain};
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

/// Models beside those of the shop. The first one fails in the first build of a new database: the table that it reads is made
/// at the end of a run.
const MODELS: [(&str, &str); 2] = [
    (
        "flaky.sql",
        "{{ config(tags=['critical', 'pii']) }} select count(*) as runs from landing.run_log\n",
    ),
    ("after_flaky.sql", "select * from {{ ref('flaky') }}\n"),
];

/// The examples that have a use of the Python class, their flows, and whether their database is new. Those without a flow run
/// outside of one.
const USES: [(&str, Option<&str>, bool); 13] = [
    ("retry", Some("build-or-retry"), true),
    ("no_raise", Some("whatever-happens"), true),
    ("hooks", Some("with-hooks"), true),
    ("critical_failure", None, true),
    ("run_summary", None, true),
    ("basic", Some("run-dbt"), false),
    ("compiled_code", Some("with-compiled-code"), false),
    ("disabled_assets", Some("without-assets"), false),
    ("settings", Some("with-settings"), false),
    ("log_level", Some("errors-alone"), false),
    ("slow_models", None, false),
    ("hook_selections", None, false),
    ("templated_profile", Some("with-templated-profile"), false),
];

/// How long the server may take to record everything.
const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn each_example_leaves_what_the_python_class_leaves() {
    // One project for all, so that dbt reads it once.
    let project = Project::new();
    for (name, text) in MODELS {
        fs_err::write(project.path().join("models/marts").join(name), text).unwrap();
    }
    let mut found = Vec::new();
    for (name, flow, is_new) in USES {
        if is_new {
            let _ = fs_err::remove_file(project.path().join("shop.duckdb"));
        }
        if name == "templated_profile" {
            refer_to_a_variable(&project);
        }
        let args: &[&str] = if name == "settings" { &[".", "."] } else { &[] };
        let finished = run(&project.program(), name, args);
        let sample = Sample::of(name);
        assert_eq!(
            finished.code == Some(0),
            sample.succeeded,
            "{name}: {}",
            finished.stderr
        );
        assert_eq!(flow.is_some(), sample.left.is_some(), "{name}");
        let printed: Vec<String> = finished.stdout.lines().map(plain).collect();
        for line in &sample.printed {
            // Python has no message of the database there.
            let line = line.split("Finished running node").next().unwrap_or(line);
            if !printed.iter().any(|ours| ours.starts_with(line)) {
                found.push(format!("{name}: `{line}` is not in {printed:#?}"));
            }
        }
    }
    let deadline = Instant::now() + LIMIT;
    for (name, flow, _) in USES {
        let (Some(flow), Some(python)) = (flow, Sample::of(name).left) else {
            continue;
        };
        let unexplained = loop {
            let unexplained = Left::read(&project.environment.api, flow).unexplained(&python);
            if unexplained.is_empty() || Instant::now() > deadline {
                break unexplained;
            }
            std::thread::sleep(Duration::from_millis(300));
        };
        found.extend(
            unexplained
                .into_iter()
                .map(|difference| format!("{name}: {difference}")),
        );
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A variable in Prefect chooses the target.
fn refer_to_a_variable(project: &Project) {
    let client = Client::new(&Settings::with_api_url(&project.environment.api)).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let name = format!("target-{}", project.flow_run);
    let variable = NewVariable::new(&name, serde_json::json!("dev"));
    runtime.block_on(client.create_variable(&variable)).unwrap();
    let path = project.path().join("profiles.yml");
    let text = fs_err::read_to_string(&path).unwrap();
    let reference = format!("  target: \"{{{{ prefect.variables.{name} }}}}\"\n");
    fs_err::write(path, text.replace("  target: dev\n", &reference)).unwrap();
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
