//! The database lock: runs with the same one never run dbt at the same time.

use std::process::Command;

use jiff::Timestamp;
use prefect_client::StateType;
use prefect_dbt::{Flow, FlowContext, LockMode, PrefectDbtRunner, PrefectDbtSettings};
use rustix::process::{Signal, kill_process};
use serde_json::Value;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::guarded_server::{AUTH, GuardedServer};
use super::interrupts::{ENDLESS, STARTED, Stuck, endless_project};
use super::project::{Finished, Project};
use super::proxy::{Fate, Proxy};
use super::server::ask;
use super::workshop::{BASE, Workshop};

const WAITING: &str = "waiting for the database lock";

/// A name that no other test has.
pub(super) fn unique() -> String {
    format!("lock-{}", Uuid::now_v7())
}

/// A run that does not end by itself, and holds this lock.
pub(super) fn holder(project: &Project, lock: &str) -> Stuck {
    Stuck::start_as(&mut project.invocation(&["--lock", lock], &ENDLESS))
}

/// How many slots of this limit are taken.
fn active_slots(name: &str) -> u32 {
    let limit = ask(async |client| client.read_concurrency_limit(name).await);
    limit.unwrap().unwrap().active_slots
}

fn interrupt(run: Stuck) {
    kill_process(run.pid(), Signal::INT).unwrap();
    run.finish().exits_with(130);
}

/// When dbt's last run in a project began and ended to work at nodes, by its own account.
fn worked(workshop: &Workshop) -> (Timestamp, Timestamp) {
    let text = std::fs::read(workshop.path().join("target/run_results.json")).unwrap();
    let results: Value = serde_json::from_slice(&text).unwrap();
    let timings = results["results"].as_array().unwrap().iter();
    let timings = timings.flat_map(|result| result["timing"].as_array().unwrap());
    let at = |timing: &Value, key: &str| timing[key].as_str().unwrap().parse().unwrap();
    let times = timings.flat_map(|timing| [at(timing, "started_at"), at(timing, "completed_at")]);
    let times: Vec<Timestamp> = times.collect();
    (*times.iter().min().unwrap(), *times.iter().max().unwrap())
}

#[test]
fn copies_with_one_target_run_one_after_the_other() {
    let copies = [(); 2].map(|()| Workshop::new());
    let database = copies[0].path().join("shared.duckdb");
    let runs = copies.each_ref().map(|copy| {
        copy.mend();
        let profiles = std::fs::read_to_string(copy.path().join("profiles.yml")).unwrap();
        let shared = profiles.replace("w.duckdb", &database.to_string_lossy());
        copy.write("profiles.yml", &shared);
        Stuck::spawn(&mut copy.invocation(&["--lock", "auto"], &["build"]))
    });
    let [first, second] = runs.map(Stuck::finish);
    // dbt would also fail if another process had opened the database.
    let waited = [&first, &second].map(|run| run.exits_with(0).stderr.contains(WAITING));
    assert_eq!(waited.iter().filter(|waited| **waited).count(), 1);
    let [one, two] = copies.each_ref().map(worked);
    assert!(one.1 < two.0 || two.1 < one.0, "{one:?} {two:?}");
}

#[test]
fn a_run_with_another_target_does_not_wait() {
    let (endless, other) = (endless_project(), Workshop::new());
    let run = holder(&endless, "auto");
    other.mend();
    let finished = other.invoke(&["--lock", "auto"], &["build"]);
    assert!(!finished.exits_with(0).stderr.contains(WAITING));
    // Only commands that write take a lock.
    let same = endless.invoke(
        &["--lock", "auto", "--target-path", "elsewhere"],
        &["parse"],
    );
    assert!(!same.exits_with(0).stderr.contains(WAITING));
    interrupt(run);
}

#[test]
fn the_lock_of_a_killed_run_becomes_free() {
    let (killed, next) = (endless_project(), Workshop::new());
    let name = unique();
    let run = holder(&killed, &name);
    let mut waiting = Stuck::start_until(
        &format!(
            "{WAITING} `{name}`, which flow run `{}` holds",
            killed.flow_run
        ),
        &mut next.invocation(&["--lock", &name], &["run", "-s", "base"]),
    );
    kill_process(run.pid(), Signal::KILL).unwrap();
    waiting.go_on_until("Running with dbt");
    waiting.finish().exits_with(0);
    drop(run);
    assert_eq!(active_slots(&name), 0);
}

#[test]
fn a_lock_that_is_not_free_in_time_fails_the_run() {
    let (held, late) = (endless_project(), Workshop::new());
    let name = unique();
    let run = holder(&held, &name);
    let options = ["--lock", &name, "--lock-timeout", "1"];
    late.invoke(&options, &["build"])
        .exits_with(2)
        .says(&format!("`{name}` was not free within 1 s"));
    let recorded = late.recorded(0);
    let state = recorded.flow_state();
    assert_eq!(state.kind, StateType::Failed);
    let message = state.message.as_deref().unwrap();
    assert!(message.contains(&held.flow_run), "{message}");

    let options = ["--lock", &name, "--timeout", "2"];
    late.invoke(&options, &["build"])
        .exits_with(1)
        .says("the run exceeded its timeout");
    interrupt(run);
    assert_eq!(active_slots(&name), 0);
}

#[test]
fn a_lock_without_an_api_is_an_error() {
    let workshop = Workshop::new();
    workshop
        .invoke(&["--no-prefect", "--lock", "auto"], &["build"])
        .exits_with(3)
        .says("--lock off");
    workshop.mend();
    let reads = workshop.invoke(&["--no-prefect", "--lock", "auto"], &["parse"]);
    reads.exits_with(0);
}

#[test]
fn retries_keep_the_lock() {
    let workshop = Workshop::new();
    let name = unique();
    let options = ["--lock", &name, "--retries", "1", "--retry-delay", "3"];
    let mut command = workshop.invocation(&options, &["build"]);
    let run = Stuck::start_until("attempt 2 starts in", &mut command);
    assert_eq!(active_slots(&name), 1);
    workshop.mend();
    let finished = run.finish();
    assert!(!finished.exits_with(0).stderr.contains(WAITING));
    assert_eq!(active_slots(&name), 0);
}

/// A hook of the run, and a model that shows dbt's environment.
#[test]
fn a_run_that_a_hook_starts_does_not_wait_for_the_lock_of_its_own_run() {
    let (outer, inner) = (Workshop::new(), Workshop::new());
    outer.mend();
    let name = unique();
    outer.write(
        "models/base.sql",
        "select 1 as id, '{{ env_var(\"PREFECT_DBT_LOCKS_HELD\") }}' as held\n",
    );
    let hook = format!(
        "base=cd {} && {} invoke --lock {name} --lock-timeout 0 --verify-timeout 240 -- run -s base",
        inner.path().display(),
        env!("CARGO_BIN_EXE_prefect-dbt"),
    );
    let finished = outer.invoke(&["--lock", &name, "--post-model", &hook], &["build"]);
    let log = &finished.exits_with(0).stderr;
    assert!(!log.contains("failed"), "{log}");
    inner.built(&[BASE]);
    assert_eq!(active_slots(&name), 0);
}

#[test]
fn the_invocations_of_a_flow_share_the_lock() {
    let (one, two) = (Workshop::new(), Workshop::new());
    let name = unique();
    let [(), ()] = [&one, &two].map(|workshop| {
        workshop.mend();
        workshop.place_database();
    });
    let client = ask(async |client| client.clone());
    let runner = PrefectDbtRunner::builder()
        .client(client)
        .dbt(one.executable())
        .lock(LockMode::Named(name.clone()))
        .build()
        .unwrap();
    let invocation = |workshop: &Workshop| {
        let mut invocation = prefect_dbt::Invocation::new(["run", "-s", "base"]);
        invocation.options.settings = PrefectDbtSettings::default()
            .with_project_dir(workshop.path())
            .with_profiles_dir(workshop.path());
        invocation
    };
    let flow = Flow::new("locked").flow_run_name(one.flow_run_name());
    let run = flow.run_with(&runner, async |flow: FlowContext| {
        let (first, second) =
            tokio::join!(flow.invoke(invocation(&one)), flow.invoke(invocation(&two)));
        first?;
        second?;
        flow.invoke(invocation(&one)).await
    });
    Runtime::new().unwrap().block_on(run).unwrap();
    for workshop in [&one, &two] {
        workshop.built(&[BASE]);
    }
    assert_eq!(active_slots(&name), 0);
}

#[test]
fn a_run_that_must_not_go_on_without_its_lock_is_stopped() {
    let project = endless_project();
    let name = unique();
    let renewals_fail = |request: &str| match request.contains("/renew") {
        true => Fate::Cut,
        false => Fate::Pass,
    };
    let proxy = Proxy::before(&project.environment.api, renewals_fail);
    let options = ["--lock", &name, "--lock-lost", "stop"];
    let mut command = project.invocation(&options, &ENDLESS);
    let run = Stuck::start_as(command.env("PREFECT_API_URL", &proxy.url));
    run.finish()
        .exits_with(1)
        .says(&format!("the database lock `{name}` is lost"))
        .says("Stopping dbt: the database lock is lost");
    let recorded = project.recorded(1);
    assert_eq!(recorded.flow_state().kind, StateType::Failed);
}

/// A server keeps leases in memory, and slots in its database.
#[test]
fn a_server_that_is_restarted_does_not_free_the_lock_before_the_run_does() {
    let runtime = Runtime::new().unwrap();
    let mut server = GuardedServer::start(&runtime);
    let (held, next) = (endless_project(), Workshop::new());
    let on_server = |command: &mut Command, api: &str| {
        command
            .env("PREFECT_API_URL", api)
            .env("PREFECT_API_AUTH_STRING", AUTH);
    };
    let mut command = held.invocation(&["--lock", "shop"], &ENDLESS);
    on_server(&mut command, &server.api);
    let run = Stuck::start_until(STARTED, &mut command);
    server.restart(&runtime);
    let mut command = next.invocation(&["--lock", "shop"], &["run", "-s", "base"]);
    on_server(&mut command, &server.api);
    let waiting = Stuck::start_until(WAITING, &mut command);
    interrupt(run);
    let finished: Finished = waiting.finish();
    finished.exits_with(0);
}
