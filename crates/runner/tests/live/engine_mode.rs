//! The engine of an existing flow run, without a supervisor, as in a container.

use std::process::Command;

use jiff::Timestamp;
use prefect_client::{Client, NewFlow, NewFlowRun, NewState, Settings, StateType};
use rustix::process::{Signal, kill_process};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use super::history::history;
use super::interrupts::{ENDLESS, Stuck, endless_project};
use super::project::{Finished, Project};

/// A flow run that has no engine yet.
pub(super) struct Waiting {
    pub(super) project: Project,
    client: Client,
    runtime: Runtime,
    pub(super) id: Uuid,
}

impl Waiting {
    /// For a run that does not end by itself.
    pub(super) fn new() -> Self {
        Self::of(endless_project())
    }

    fn of(project: Project) -> Self {
        let client = Client::new(&Settings::with_api_url(&project.environment.api)).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let id = runtime.block_on(async {
            let flow = client.create_flow(&NewFlow::new("waiting")).await.unwrap();
            let run = NewFlowRun::new(flow.id);
            client.create_flow_run(&run).await.unwrap().id
        });
        Self {
            project,
            client,
            runtime,
            id,
        }
    }

    /// Puts it into a state, whatever the server's rules say.
    pub(super) fn set(&self, kind: StateType) {
        self.set_state(&NewState::new(kind));
    }

    /// Schedules it.
    pub(super) fn schedule(&self, at: Timestamp) {
        let mut state = NewState::new(StateType::Scheduled);
        state.state_details["scheduled_time"] = at.to_string().into();
        self.set_state(&state);
    }

    fn set_state(&self, state: &NewState) {
        let set = self.client.set_flow_run_state(self.id, state, true);
        self.runtime.block_on(set).unwrap();
    }

    /// Our process, started for it.
    pub(super) fn engine(&self) -> Command {
        let mut command = self.project.program();
        command
            .env("PREFECT__FLOW_RUN_ID", self.id.to_string())
            .args(["invoke", "--engine", "--"])
            .args(ENDLESS);
        command
    }

    pub(super) fn history(&self) -> Vec<(StateType, String)> {
        history(&self.project.environment.api, self.id)
    }

    /// A label of it.
    fn label(&self, name: &str) -> Option<Value> {
        let run = self.runtime.block_on(self.client.read_flow_run(self.id));
        run.unwrap().labels?.remove(name)
    }
}

#[test]
fn a_flow_run_cancelled_before_its_start_does_not_start_dbt() {
    for kind in [StateType::Cancelling, StateType::Cancelled] {
        let waiting = Waiting::new();
        waiting.set(kind);
        Finished::of(&mut waiting.engine())
            .exits_with(130)
            .says("was cancelled before dbt was started");
        let states = waiting.history();
        let cancelled = (StateType::Cancelled, "Cancelled".to_owned());
        assert_eq!(states.last(), Some(&cancelled), "{states:?}");
        let ends = states.iter().filter(|(kind, _)| kind.is_terminal());
        assert_eq!(ends.count(), 1, "{states:?}");
        assert!(!waiting.project.log_file().exists(), "dbt was started");
    }
}

/// A prefect-dbt in a start hook would otherwise take over the flow run of its parent.
#[test]
fn a_start_hook_does_not_inherit_the_flow_run() {
    let waiting = Waiting::of(Project::new());
    let mut command = waiting.project.program();
    command
        .env("PREFECT__FLOW_RUN_ID", waiting.id.to_string())
        .args([
            "invoke",
            "--on-run-start",
            "cat > context.json; env > environment",
        ])
        .args(["--", "build", "--select", "+stg_customers"]);
    Finished::of(&mut command).exits_with(0);
    let read = |name| fs_err::read_to_string(waiting.project.path().join(name)).unwrap();
    let context: Value = serde_json::from_str(&read("context.json")).unwrap();
    let nodes = context["node_ids"].as_array().unwrap();
    let expected = "model.shop.stg_customers".into();
    assert!(nodes.contains(&expected), "{context}");
    assert!(!read("environment").contains("PREFECT__FLOW_RUN_ID"));
    let (kind, _) = waiting.history().pop().unwrap();
    assert_eq!(kind, StateType::Completed);
}

#[test]
fn cancelling_an_attached_flow_run_stops_dbt_but_sets_no_state() {
    let waiting = Waiting::new();
    waiting.set(StateType::Running);
    let id = waiting.id.to_string();
    let mut command = waiting.project.program();
    command.args(["invoke", "--flow-run-id", &id, "--"]);
    let stuck = Stuck::start_as(command.args(ENDLESS));
    waiting.set(StateType::Cancelling);
    stuck
        .finish()
        .exits_with(130)
        .says("Stopping dbt: cancelled through Prefect");
    let states = waiting.history();
    let (last, _) = states.last().unwrap();
    assert_eq!(*last, StateType::Cancelling, "{states:?}");
}

#[test]
fn a_rescheduled_or_relinquished_run_does_not_crash() {
    let cases = [
        ("reschedule", 0, (StateType::Scheduled, "AwaitingRetry")),
        ("relinquish", 143, (StateType::Running, "Running")),
    ];
    let evicted = cases.map(|(behaviour, code, state)| {
        let waiting = Waiting::new();
        let mut command = waiting.engine();
        command.env("PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR", behaviour);
        let stuck = Stuck::start_as(&mut command);
        kill_process(stuck.pid(), Signal::TERM).unwrap();
        (waiting, stuck, code, state)
    });
    for (waiting, stuck, code, (kind, name)) in evicted {
        stuck.finish().exits_with(code);
        let states = waiting.history();
        assert_eq!(states.last(), Some(&(kind, name.to_owned())), "{states:?}");
        if kind == StateType::Running {
            // A sweep of this machine must not take it for a dead one.
            assert_eq!(waiting.label("prefect-dbt.boot"), Some("".into()));
        }
    }
}
