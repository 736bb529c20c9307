//! Flow runs as a worker sees them.

use jiff::{SignedDuration, Timestamp};
use prefect_client::{NewDeploymentRun, NewState, StateType};
use serde_json::json;

use super::process_worker::{ProcessWorker, with_parameters};
use crate::interrupts::{ENDLESS, SLOW, endless_project};
use crate::python_stops;
use crate::workshop::{BASE, BELOW, FLAKY, MEND, Workshop};

/// The states of its nodes when it is stopped.
const STOPPED: [(&str, &str); 3] = [
    (SLOW, "Cancelled"),
    ("operation.shop.shop-on-run-start-0", "Completed"),
    ("operation.shop.shop-on-run-start-1", "Completed"),
];

/// One worker runs them all; those that end by themselves run side by side.
#[test]
fn a_process_worker_runs_flow_runs() {
    let worker = ProcessWorker::new();
    undisturbed(&worker);
    in_python(&worker);
    killed(&worker);
}

/// The worker logs no complaint about runs that end by themselves, whatever our exit code.
fn undisturbed(worker: &ProcessWorker) {
    let (good, few, bad, mended) = (mended(), mended(), Workshop::new(), Workshop::new());
    let shop = endless_project();
    let cancelled = worker.start(&shop.path(), &[], &ENDLESS);
    let scheduled = worker.start_as(good.path(), &[], &["build"], in_two_seconds());
    let asked = with_parameters(&json!({ "select": ["base"], "threads": 1 }));
    let asked = worker.start_as(few.path(), &[], &["build"], asked);
    let failing = worker.start(bad.path(), &[], &["build"]);
    let repeated = ["--retries", "2", "--on-run-end", MEND];
    let repeated = worker.start(mended.path(), &repeated, &["build"]);

    let pausing = Workshop::new();
    let options = ["--retries", "1", "--retry-delay", "600"];
    let waiting = worker.start(pausing.path(), &options, &["build"]);

    cancelled.wait_for_node(SLOW);
    cancelled.cancel();
    let run = cancelled.ends("Cancelled");
    let message = run.state.and_then(|state| state.message);
    assert_eq!(message.as_deref(), Some("cancelled through Prefect"));
    cancelled.has_task_runs(&STOPPED);

    waiting.wait_for_state("AwaitingRetry");
    waiting.cancel();
    waiting.ends("Cancelled");

    scheduled.ends("Completed");
    let all = [
        (BASE, "Completed"),
        (BELOW, "Completed"),
        (FLAKY, "Completed"),
    ];
    scheduled.has_task_runs(&all);
    asked.ends("Completed");
    asked.has_task_runs(&all[..1]);
    failing.ends("Failed");
    let left = [(BASE, "Completed"), (BELOW, "Skipped"), (FLAKY, "Failed")];
    failing.has_task_runs(&left);

    assert_eq!(repeated.ends("Completed").run_count, 2);
    let again = [left[0], all[1], left[1], all[2], left[2]];
    repeated.has_task_runs(&again);
    let names: Vec<_> = repeated
        .history()
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    assert!(names.contains(&"AwaitingRetry".to_owned()), "{names:?}");

    let log = worker.log();
    let mut complaints = log.lines().filter(|line| is_complaint(line)).peekable();
    assert!(
        complaints.peek().is_none(),
        "{:#?}",
        complaints.collect::<Vec<_>>()
    );
}

/// Whether the worker says here of a run that its process failed. Of a busy server it complains, too.
fn is_complaint(line: &str) -> bool {
    let texts = ["exited with status", "as crashed"];
    texts.iter().any(|text| line.contains(text))
}

/// A cancellation ends a flow in Python that uses the package.
fn in_python(worker: &ProcessWorker) {
    let shop = endless_project();
    let run = worker.start_flow(&shop.path(), &python_stops::program(), "endless");
    run.wait_for_node(SLOW);
    run.cancel();
    run.ends("Cancelled");
    run.has_task_runs(&STOPPED);
}

/// If our process is killed, the worker sets Crashed. If the worker is killed, the run continues and can be cancelled.
/// In both cases no process of dbt stays behind.
fn killed(worker: &ProcessWorker) {
    let (one, other) = (endless_project(), endless_project());
    let crashed = worker.start(&one.path(), &[], &ENDLESS);
    let orphaned = worker.start(&other.path(), &[], &ENDLESS);
    crashed.wait_for_node(SLOW);
    crashed.kill();
    crashed.ends("Crashed");

    orphaned.wait_for_node(SLOW);
    worker.kill_worker();
    orphaned.cancel();
    orphaned.ends("Cancelled");
    orphaned.has_task_runs(&STOPPED);
}

/// A project in which nothing fails.
fn mended() -> Workshop {
    let workshop = Workshop::new();
    workshop.mend();
    workshop
}

fn in_two_seconds() -> NewDeploymentRun {
    let mut run = NewDeploymentRun::default();
    run.state = NewState::new(StateType::Scheduled);
    let due = Timestamp::now() + SignedDuration::from_secs(2);
    run.state.state_details["scheduled_time"] = json!(due);
    run
}
