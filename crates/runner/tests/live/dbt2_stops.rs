//! Runs of dbt 2 that are stopped or killed, by its stand-in.

use prefect_client::{Client, NewState, Settings, StateType};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::dbt2_project::{Dbt2Project, nodes_with};
use super::environment::TestEnvironment;
use super::interrupts::Stuck;
use super::killed::journal_in;
use super::project::Finished;
use super::victim::wait_until;

const MART: &str = "model.shop.mart";
/// The nodes that end before the one that hangs, in the order of the project.
const BEFORE: [&str; 3] = ["seed.shop.people", "seed.shop.orders", "model.shop.stg"];

/// A project in which a model never ends.
fn endless() -> Vec<Value> {
    nodes_with(&[(MART, json!({"outcome": "hang"}))])
}

/// A run of seeds and models, once the model that never ends runs, and the process id of dbt.
fn start(project: &Dbt2Project) -> (Stuck, Pid) {
    let args = ["build", "--resource-type", "seed", "model"];
    let stuck = Stuck::start_until("Started model mart", &mut project.invocation(&[], &args));
    let dbt = noted(project, "hanging");
    (stuck, dbt)
}

/// The process id of dbt, once it has noted this.
fn noted(project: &Dbt2Project, what: &str) -> Pid {
    let file = project.path().join(what);
    wait_until(what, || file.exists());
    let pid = fs_err::read_to_string(file).unwrap();
    Pid::from_raw(pid.parse().unwrap()).unwrap()
}

/// What the journal of the only run has so far.
fn effects(project: &Dbt2Project) -> Vec<Value> {
    let journal = journal_in(project.path()).and_then(|path| fs_err::read_to_string(path).ok());
    let journal = journal.unwrap_or_default();
    // The last line may be incomplete.
    let lines = journal.lines().map(serde_json::from_str::<Value>);
    lines.flatten().map(|line| line["effect"].clone()).collect()
}

/// What a stopped run shows: the nodes before it are as they were, the node is cancelled, and no other node is there.
#[track_caller]
fn shows(project: &Dbt2Project, flow: (StateType, &str), end: &str) {
    let hook = ("operation.shop.shop-on-run-start-0", "Completed");
    let before = BEFORE.map(|id| (id, "Completed"));
    let expected = [&[hook, (MART, end)][..], &before].concat();
    project.shows(flow, &expected);
}

#[test]
fn the_number_of_nodes_is_known_while_they_run_though_dbt_2_does_not_write_it() {
    let project = Dbt2Project::new(endless());
    let (stuck, _) = start(&project);
    let total = || {
        let mut effects = effects(&project).into_iter();
        effects.find_map(|effect| effect["total"].as_u64())
    };
    wait_until("the number of nodes", || total().is_some());
    kill_process(stuck.pid(), Signal::INT).unwrap();
    let found = total();
    stuck.finish().exits_with(130);
    // Hooks count, and ephemeral models do not.
    let counts = |node: &&Value| {
        let kind = node["id"].as_str().and_then(|id| id.split('.').next());
        let is_run = matches!(kind, Some("seed" | "model" | "operation"));
        is_run && node["materialized"] != "ephemeral"
    };
    let expected = endless().iter().filter(counts).count();
    assert_eq!(found, u64::try_from(expected).ok());
}

#[test]
fn sigint_cancels_what_runs_and_made_up_results_change_nothing() {
    let project = Dbt2Project::new(endless());
    let (stuck, _) = start(&project);
    kill_process(stuck.pid(), Signal::INT).unwrap();
    stuck.finish().exits_with(130);
    shows(&project, (StateType::Cancelled, "Cancelled"), "Cancelled");
    // dbt 2 lists every selected node as failed.
    let results = fs_err::read_to_string(project.path().join("target/run_results.json")).unwrap();
    assert!(results.contains("Compilation Error"), "{results}");
}

#[test]
fn a_dbt_2_that_does_not_end_its_tasks_exits_by_itself() {
    for is_repeated in [false, true] {
        let project = Dbt2Project::described(json!({"nodes": endless(), "stuck": true}));
        let (stuck, _) = start(&project);
        kill_process(stuck.pid(), Signal::INT).unwrap();
        if is_repeated {
            // dbt 2 takes no notice of it.
            noted(&project, "interrupted");
            kill_process(stuck.pid(), Signal::INT).unwrap();
        }
        stuck.finish().exits_with(130);
        shows(&project, (StateType::Cancelled, "Cancelled"), "Cancelled");
    }
}

#[test]
fn a_cancellation_in_prefect() {
    let project = Dbt2Project::new(endless());
    let (stuck, _) = start(&project);
    let api = TestEnvironment::from_env().api;
    let client = Client::new(&Settings::with_api_url(&api)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let id = project.recorded(0).flow_run.id;
    let state = NewState::new(StateType::Cancelling);
    let set = client.set_flow_run_state(id, &state, false);
    runtime.block_on(set).unwrap();
    stuck.finish().exits_with(130);
    shows(&project, (StateType::Cancelled, "Cancelled"), "Cancelled");
}

#[test]
fn a_dbt_2_that_a_signal_ends_crashes_what_runs() {
    // It catches no SIGTERM.
    for signal in [Signal::KILL, Signal::TERM] {
        let project = Dbt2Project::new(endless());
        let (stuck, dbt) = start(&project);
        kill_process(dbt, signal).unwrap();
        stuck.finish().exits_with(2);
        shows(&project, (StateType::Crashed, "Crashed"), "Crashed");
    }
}

#[test]
fn a_run_whose_process_is_killed_is_closed_by_the_next_run() {
    let project = Dbt2Project::new(endless());
    let (stuck, _) = start(&project);
    let is_start = |effect: &Value| effect["node_running"]["unique_id"] == MART;
    wait_until("the start of the model in the journal", || {
        effects(&project).iter().any(is_start)
    });
    kill_process(stuck.pid(), Signal::KILL).unwrap();
    stuck.finish();
    let mut replay = project.program();
    Finished::of(replay.args(["replay", "."])).exits_with(0);
    shows(&project, (StateType::Crashed, "Crashed"), "Crashed");
}

#[test]
fn failing_fast_ends_as_an_interrupt_of_dbt_2_does() {
    let project = Dbt2Project::new(nodes_with(&[
        ("seed.shop.orders", json!({"outcome": "hang"})),
        (
            "model.shop.stg",
            json!({"outcome": "error", "message": "Catalog Error: no"}),
        ),
    ]));
    let args = ["build", "--fail-fast", "--resource-type", "seed", "model"];
    project
        .invoke(&[], &args)
        .exits_with(1)
        .says("Catalog Error: no");
    project.shows(
        (StateType::Failed, "Failed"),
        &[
            ("operation.shop.shop-on-run-start-0", "Completed"),
            ("seed.shop.people", "Completed"),
            ("seed.shop.orders", "Failed"),
            ("model.shop.stg", "Failed"),
        ],
    );
}
