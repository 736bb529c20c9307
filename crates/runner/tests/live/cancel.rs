//! Runs without a worker that are stopped: the flow run ends once, in the right state, and no process of dbt stays behind.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use prefect_client::{Client, NewState, Settings, StateType};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::runtime::Builder;

use super::history::history;
use super::interrupts::{ENDLESS, SLOW, STARTED, Stuck, endless_project};
use super::project::Project;
use super::recorded::Recorded;

const LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(50);

/// What the server holds of a project's run, which ended in one state only.
#[track_caller]
fn ended_once(project: &Project, kind: StateType, name: &str) -> Recorded {
    let recorded = project.recorded(project.truth().nodes().len());
    let states = history(&project.environment.api, recorded.flow_run.id);
    let ends: Vec<_> = states
        .into_iter()
        .filter(|(kind, _)| kind.is_terminal())
        .collect();
    assert_eq!(ends, [(kind, name.to_owned())]);
    let slow = recorded.of(SLOW).state.as_ref().unwrap();
    assert_eq!(slow.kind, StateType::Cancelled);
    recorded
}

#[track_caller]
fn is_gone(pid: Pid) {
    let deadline = Instant::now() + LIMIT;
    while test_kill_process(pid).is_ok() {
        assert!(Instant::now() < deadline, "dbt is still running");
        std::thread::sleep(POLL);
    }
}

/// A script in the project that starts the real dbt with this before it.
fn wrap_dbt(project: &Project, before: &str) -> PathBuf {
    let wrapper = project.path().join("wrapped-dbt");
    let real = project.environment.dbt.display();
    let script = format!("#!/bin/sh\n{before} '{real}' \"$@\"\nexit $?\n");
    fs_err::write(&wrapper, script).unwrap();
    fs_err::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    wrapper
}

fn dbt_of(project: &Project) -> Pid {
    Pid::from_raw(project.truth().process_id()).unwrap()
}

#[test]
fn a_cancellation_in_prefect_stops_the_run() {
    let project = endless_project();
    let stuck = Stuck::start_as(&mut project.invocation(&[], &ENDLESS));
    let dbt = dbt_of(&project);
    let client = Client::new(&Settings::with_api_url(&project.environment.api)).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let id = project.recorded(0).flow_run.id;
    let state = NewState::new(StateType::Cancelling);
    let set = client.set_flow_run_state(id, &state, false);
    runtime.block_on(set).unwrap();
    stuck
        .finish()
        .exits_with(130)
        .says("Stopping dbt: cancelled through Prefect")
        .says("Cancelled while running: model.shop.product_sales. Queries cancelled by dbt: ");
    is_gone(dbt);
    ended_once(&project, StateType::Cancelled, "Cancelled");
}

#[test]
fn sigterm_ends_the_run_crashed() {
    let project = endless_project();
    let stuck = Stuck::start_as(&mut project.invocation(&[], &ENDLESS));
    let dbt = dbt_of(&project);
    kill_process(stuck.pid(), Signal::TERM).unwrap();
    stuck.finish().exits_with(143);
    is_gone(dbt);
    ended_once(&project, StateType::Crashed, "Crashed");
}

/// A container is killed ten seconds after SIGTERM: dbt is killed before that, and everything is reported.
#[test]
fn sigterm_ends_a_dbt_that_does_not_stop() {
    let project = endless_project();
    let mut command = project.invocation(&[], &ENDLESS);
    // Python does not listen to a SIGINT that is ignored at its start.
    let wrapper = wrap_dbt(&project, "trap '' INT\nexec");
    command.env("PREFECT_DBT_EXECUTABLE", wrapper);
    let stuck = Stuck::start_as(&mut command);
    let dbt = dbt_of(&project);
    let asked = Timestamp::now();
    kill_process(stuck.pid(), Signal::TERM).unwrap();
    stuck
        .finish()
        .exits_with(143)
        .says("Stopping dbt: terminated by SIGTERM");
    let exited = Timestamp::now();
    is_gone(dbt);
    let recorded = ended_once(&project, StateType::Crashed, "Crashed");
    let slow = recorded.of(SLOW).state.as_ref().unwrap();
    let since = |at: Timestamp| at.duration_since(asked).as_secs_f64();
    println!(
        "after SIGTERM: the node ended after {:.2} s, its flow run after {:.2} s, the program exited after {:.2} s",
        since(slow.timestamp.unwrap()),
        since(recorded.flow_state().timestamp.unwrap()),
        since(exited)
    );
    let message = slow.message.as_deref().unwrap_or_default();
    assert!(message.contains("terminated by SIGTERM"), "{message}");
}

#[test]
fn a_run_that_exceeds_its_timeout_fails() {
    // On a busy machine, dbt takes longer to come to the endless model.
    for timeout in ["15", "60", "240"] {
        let project = endless_project();
        let finished = project.invoke(&["--timeout", timeout], &ENDLESS);
        finished.exits_with(1);
        if finished.stderr.contains(STARTED) {
            is_gone(dbt_of(&project));
            ended_once(&project, StateType::Failed, "TimedOut");
            return;
        }
    }
    panic!("dbt did not come to the endless model");
}

#[test]
fn a_wrapped_dbt_ends_when_prefect_dbt_is_killed() {
    let project = endless_project();
    let wrapper = wrap_dbt(&project, "");
    let mut command = project.invocation(&["--no-prefect"], &ENDLESS);
    command.env("PREFECT_DBT_EXECUTABLE", &wrapper);
    let stuck = Stuck::start_as(&mut command);
    let dbt = dbt_of(&project);
    kill_process(stuck.pid(), Signal::KILL).unwrap();
    assert_eq!(stuck.finish().code, None);
    is_gone(dbt);
}
