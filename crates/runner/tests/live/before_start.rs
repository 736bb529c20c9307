//! Runs that fail before dbt starts: a flow run that is created says why.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use prefect_client::StateType;

use super::environment::TestEnvironment;
use super::history::history;
use super::project::Finished;
use super::proxy::{Fate, Proxy};
use super::workshop::Workshop;

/// Runs a build that cannot start, and checks that its flow run ends Failed with this reason, and in no other state.
#[track_caller]
fn fails_with(workshop: &Workshop, command: &mut Command, code: i32, reason: &str) {
    Finished::of(command).exits_with(code).says(reason);
    is_failed(workshop, reason);
}

#[track_caller]
fn is_failed(workshop: &Workshop, reason: &str) {
    let recorded = workshop.recorded(0);
    let message = recorded.flow_state().message.clone().unwrap_or_default();
    assert!(message.contains(reason), "{message}");
    assert!(recorded.task_runs.is_empty());
    let states = history(&TestEnvironment::from_env().api, recorded.flow_run.id);
    let ends: Vec<_> = states
        .iter()
        .filter(|(kind, _)| kind.is_terminal())
        .collect();
    assert_eq!(ends, [&(StateType::Failed, "Failed".to_owned())]);
}

fn refer_to(workshop: &Workshop, reference: &str) {
    let profiles = format!(
        "workshop:\n  target: dev\n  outputs:\n    dev: {{type: duckdb, path: \"{{{{ {reference} }}}}\"}}\n"
    );
    workshop.write("profiles.yml", &profiles);
}

#[test]
fn what_is_missing_is_named_by_the_flow_run() {
    for reference in [
        "prefect.variables.not-there",
        "prefect.blocks.secret.not-there",
    ] {
        let workshop = Workshop::new();
        refer_to(&workshop, reference);
        let mut build = workshop.invocation(&[], &["build"]);
        fails_with(&workshop, &mut build, 2, "not-there");
    }

    let workshop = Workshop::new();
    let mut build = workshop.invocation(&["--dbt", "no/dbt"], &["build"]);
    fails_with(&workshop, &mut build, 2, "no/dbt");

    let workshop = Workshop::new();
    workshop.remove("profiles.yml");
    let mut build = workshop.invocation(&[], &["build"]);
    fails_with(&workshop, &mut build, 2, "profiles.yml");

    let workshop = Workshop::new();
    let mut build = workshop.invocation(&[], &["build"]);
    fails_with(&workshop, build.env("DBT_LOG_LEVEL", "loud"), 2, "loud");
}

/// A script whose interpreter is missing.
fn no_program(workshop: &Workshop) -> String {
    workshop.write("no-program", "#!/no/interpreter\n");
    let program = workshop.path().join("no-program");
    fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    program.to_string_lossy().into_owned()
}

/// How many journals are in a project.
fn journals(project: &Path) -> usize {
    let entries = fs_err::read_dir(project.join(".prefect-dbt")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .count()
}

/// Retries would not help.
#[test]
fn a_dbt_that_cannot_be_started_fails_the_flow_run_at_once() {
    let workshop = Workshop::new();
    let dbt = no_program(&workshop);
    let mut build = workshop.invocation(&["--dbt", &dbt, "--retries", "3"], &["build"]);
    fails_with(&workshop, &mut build, 2, "no-program");
    assert_eq!(journals(workshop.path()), 0);
}

/// If the process is killed before the flow run is Failed, the next run in the project ends it.
#[test]
fn a_journal_names_the_flow_run_until_it_has_failed() {
    let is_missing = |_: &Workshop| "no/dbt".to_owned();
    for dbt in [is_missing, no_program] {
        let workshop = Workshop::new();
        let (project, seen) = (
            workshop.path().to_owned(),
            Arc::<Mutex<Vec<usize>>>::default(),
        );
        let noted = Arc::clone(&seen);
        let proxy = Proxy::before(&TestEnvironment::from_env().api, move |request| {
            if request.ends_with("/set_state") {
                noted.lock().unwrap().push(journals(&project));
            }
            Fate::Pass
        });
        let mut build = workshop.invocation(&["--dbt", &dbt(&workshop)], &["build"]);
        build.env("PREFECT_API_URL", &proxy.url);
        fails_with(&workshop, &mut build, 2, "cannot");
        assert_eq!(seen.lock().unwrap().last(), Some(&1));
        assert_eq!(journals(workshop.path()), 0);
    }
}

#[test]
fn a_failure_that_could_not_be_reported_is_replayed() {
    let workshop = Workshop::new();
    let proxy = Proxy::before(&TestEnvironment::from_env().api, |_| Fate::Cut);
    let mut build = workshop.invocation(&["--dbt", "no/dbt"], &["build"]);
    build.env("PREFECT_API_URL", &proxy.url);
    Finished::of(&mut build)
        .exits_with(2)
        .says("run `prefect-dbt replay");
    // A replay at another address of the same server.
    let mut replay = workshop.program();
    Finished::of(replay.args(["replay", "."])).exits_with(0);
    is_failed(&workshop, "no/dbt");
}

#[test]
fn references_in_outputs_that_dbt_does_not_use_need_not_exist() {
    let workshop = Workshop::new();
    let profiles = "workshop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: w.duckdb, schema: main}\n    \
        prod: {type: duckdb, path: \"{{ prefect.variables.not-there }}\", schema: \"{{ prefect.blocks.secret.not-there }}\"}\n";
    workshop.write("profiles.yml", profiles);
    workshop.mend();
    workshop.invoke(&[], &["build"]).exits_with(0);
    let mut prod = workshop.program();
    Finished::of(prod.args(["invoke", "--no-prefect", "--", "build", "-t", "prod"]))
        .exits_with(3)
        .says("prefect.variables.not-there");
}
