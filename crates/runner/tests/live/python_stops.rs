//! Flows in Python whose run of dbt is stopped: by the flow's timeout, Ctrl-C, or a cancellation through a worker.

use std::path::{Path, PathBuf};

use prefect_client::StateType;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::interrupts::{SLOW, STARTED, Stuck, endless_project};
use super::project::{Finished, Project};
use super::python_package::python_in;

/// Seconds; dbt must come to the endless model before the timeout, on a busy machine, too.
const TIMEOUTS: [&str; 4] = ["12", "30", "60", "120"];

/// The program with the endless flow.
pub(super) fn program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/python_package_stops.py")
}

/// The states of the flow run and of the node that ran.
#[track_caller]
fn states(project: &Project) -> [(StateType, String); 2] {
    let recorded = project.recorded(1);
    let slow = recorded.of(SLOW).state.clone().unwrap();
    let flow = recorded.flow_state();
    [(flow.kind, flow.name.clone()), (slow.kind, slow.name)]
}

#[test]
fn the_timeout_of_a_flow_cancels_the_queries_of_dbt() {
    for timeout in TIMEOUTS {
        let project = endless_project();
        let mut python = python_in(&project.program(), &program());
        let finished = Finished::of(python.args([&project.flow_run, timeout]));
        finished.exits_with(1).says("exceeded timeout of");
        if finished.stderr.contains(STARTED) {
            let dbt = Pid::from_raw(project.truth().process_id()).unwrap();
            assert!(test_kill_process(dbt).is_err(), "dbt is still running");
            let expected = [
                (StateType::Failed, "TimedOut".to_owned()),
                (StateType::Cancelled, "Cancelled".to_owned()),
            ];
            assert_eq!(states(&project), expected);
            return;
        }
    }
    panic!("dbt did not come to the endless model");
}

#[test]
fn a_keyboard_interrupt_cancels_the_queries_of_dbt() {
    let project = endless_project();
    let mut python = python_in(&project.program(), &program());
    let stuck = Stuck::start_as(python.arg(&project.flow_run));
    let dbt = Pid::from_raw(project.truth().process_id()).unwrap();
    kill_process(stuck.pid(), Signal::INT).unwrap();
    let finished = stuck.finish();
    finished.says("KeyboardInterrupt");
    assert!(test_kill_process(dbt).is_err(), "dbt is still running");
    // Python's engine calls this a crash.
    let expected = [
        (StateType::Crashed, "Crashed".to_owned()),
        (StateType::Cancelled, "Cancelled".to_owned()),
    ];
    assert_eq!(states(&project), expected);
}
