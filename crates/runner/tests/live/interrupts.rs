//! Runs that a signal ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, Stdio};

use prefect_client::StateType;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::faithful::{assert_same_edges, assert_same_lines, assert_same_nodes, assert_same_times};
use super::project::{Finished, Project};

/// The model that does not end by itself.
pub(super) const SLOW: &str = "model.shop.product_sales";

/// What dbt says when that model starts.
pub(super) const STARTED: &str = "START sql table model main.product_sales";

/// Makes that model endless.
const SLOWLY: &str = "slow_model: true";

/// A build of everything, with the endless model.
const STUCK: [&str; 3] = ["build", "--vars", SLOWLY];

/// A build of the endless model alone.
pub(super) const ENDLESS: [&str; 5] = ["build", "--select", "product_sales", "--vars", SLOWLY];

/// A project for such a build.
pub(super) fn endless_project() -> Project {
    Project::with_vars(SLOWLY)
}

/// A run that does not end by itself.
pub(super) struct Stuck {
    child: Child,
    stderr: BufReader<ChildStderr>,
    seen: String,
}

impl Stuck {
    fn start(project: &Project) -> Self {
        Self::start_as(&mut project.invocation(&[], &STUCK))
    }

    /// A build, once its endless model runs.
    pub(super) fn start_as(command: &mut Command) -> Self {
        Self::start_until(STARTED, command)
    }

    /// A run, once it has printed this.
    pub(super) fn start_until(said: &str, command: &mut Command) -> Self {
        let mut stuck = Self::spawn(command);
        stuck.go_on_until(said);
        stuck
    }

    /// A run that has just started.
    pub(super) fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self {
            child,
            stderr,
            seen: String::new(),
        }
    }

    /// Waits until it has printed this.
    pub(super) fn go_on_until(&mut self, said: &str) {
        self.go_on_until_one_of(&[said]);
    }

    /// Waits until it has printed one of these texts.
    pub(super) fn go_on_until_one_of(&mut self, said: &[&str]) {
        while !said.iter().any(|text| self.seen.contains(text)) {
            let read = self.stderr.read_line(&mut self.seen).unwrap();
            assert_ne!(read, 0, "it ended too early:\n{}", self.seen);
        }
    }

    pub(super) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(super) fn finish(mut self) -> Finished {
        self.stderr.read_to_string(&mut self.seen).unwrap();
        Finished {
            code: self.child.wait().unwrap().code(),
            stdout: String::new(),
            stderr: self.seen,
        }
    }
}

#[test]
fn ctrl_c_cancels_the_run_and_leaves_no_orphan() {
    let project = endless_project();
    let stuck = Stuck::start(&project);
    let dbt = Pid::from_raw(project.truth().process_id()).unwrap();
    kill_process(stuck.pid(), Signal::INT).unwrap();
    stuck.finish().exits_with(130);
    assert!(test_kill_process(dbt).is_err(), "dbt is still running");

    let truth = project.truth();
    let recorded = project.recorded(truth.nodes().len());
    assert_eq!(recorded.flow_state().kind, StateType::Cancelled);
    let slow = recorded.of(SLOW).state.clone().unwrap();
    assert_eq!(
        (slow.kind, slow.name.as_str()),
        (StateType::Cancelled, "Cancelled")
    );
    assert_same_nodes(&recorded, &truth);
    assert_same_edges(&recorded, &truth);
    assert_same_lines(&recorded, &truth.without_exception());
}

#[test]
fn a_killed_dbt_crashes_the_run() {
    let project = endless_project();
    let stuck = Stuck::start(&project);
    let dbt = Pid::from_raw(project.truth().process_id()).unwrap();
    kill_process(dbt, Signal::KILL).unwrap();
    stuck.finish().exits_with(2);

    let truth = project.truth();
    let recorded = project.recorded(truth.nodes().len());
    assert_eq!(recorded.flow_state().kind, StateType::Crashed);
    assert_eq!(
        recorded.of(SLOW).state.as_ref().unwrap().kind,
        StateType::Crashed
    );
    assert_same_nodes(&recorded, &truth);
    assert_same_edges(&recorded, &truth);
    assert_same_times(&recorded, &truth);
    assert_same_lines(&recorded, &truth);
}
