use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::model::{Effect, NodeResult, State, StateKind};
use crate::prefect::flow_run::context::tests::deployed_run;

fn task(id: u128) -> TaskRun {
    TaskRun {
        id: Uuid::from_u128(id),
        unique_id: format!("model.shop.m{id}"),
        dynamic_key: "run#1".to_owned(),
        name: format!("model m{id}"),
        start_time: Timestamp::UNIX_EPOCH,
        wait_for: Vec::new(),
        labels: BTreeMap::new(),
        earlier: None,
    }
}

fn end() -> NodeEnd {
    NodeEnd {
        state: State {
            kind: StateKind::Completed,
            name: "Completed".to_owned(),
            message: None,
        },
        end_time: Timestamp::UNIX_EPOCH,
        result: NodeResult::default(),
    }
}

fn names(load: &Load) -> Vec<(&str, &str)> {
    load.events
        .iter()
        .map(|event| {
            let name = event.resource["prefect.resource.name"].as_str();
            (event.event.as_str(), name)
        })
        .collect()
}

#[test]
fn a_short_node_is_one_event() {
    let mut batch = Batch::default();
    let nodes = NodeCount::default();
    let now = Instant::now();
    batch.start(task(1), now);
    batch.start(task(2), now);
    batch.end(task(1), end(), now);
    assert_eq!(batch.due(&nodes), Some(now + WINDOW));
    let load = batch.take(&deployed_run(), &nodes, now + WINDOW);
    assert_eq!(
        names(&load),
        [
            ("prefect.task-run.Running", "model m2"),
            ("prefect.task-run.Completed", "model m1"),
        ]
    );
    assert_eq!(load.sent.ended, [task(1).id]);
    assert_eq!(batch.due(&nodes), None);
}

#[test]
fn a_node_that_has_just_started_waits_for_its_end() {
    let mut batch = Batch::default();
    let nodes = NodeCount::default();
    let now = Instant::now();
    batch.end(task(1), end(), now);
    batch.start(task(2), now + WINDOW / 2);
    let load = batch.take(&deployed_run(), &nodes, now + WINDOW);
    assert_eq!(names(&load), [("prefect.task-run.Completed", "model m1")]);
    assert_eq!(batch.due(&nodes), Some(now + WINDOW / 2 + WINDOW));
    batch.end(task(2), end(), now + WINDOW);
    let load = batch.take(&deployed_run(), &nodes, now + WINDOW * 2);
    assert_eq!(names(&load), [("prefect.task-run.Completed", "model m2")]);
}

#[test]
fn the_last_node_does_not_wait_for_others() {
    let mut batch = Batch::default();
    let mut nodes = NodeCount::default();
    let now = Instant::now();
    nodes.note(&Effect::Total(2));
    batch.end(task(1), end(), now);
    nodes.add_end();
    assert_eq!(batch.due(&nodes), Some(now + WINDOW));
    batch.end(task(2), end(), now);
    nodes.add_end();
    assert_eq!(batch.due(&nodes), Some(now + LAST_WINDOW));
    // A hook that runs at the end and was not announced.
    nodes.note(&Effect::Total(3));
    assert_eq!(batch.due(&nodes), Some(now + WINDOW));
}

#[test]
fn a_batch_has_a_largest_size() {
    let now = Instant::now();
    let log = |text: &str| Log::new("prefect.flow_runs", 20, text, Timestamp::UNIX_EPOCH);
    let mut batch = Batch::default();
    let nodes = NodeCount::default();
    for _ in 0..MOST_LOGS {
        assert!(!batch.is_full());
        batch.log(log("x"), now);
    }
    assert!(batch.is_full());
    batch.take(&deployed_run(), &nodes, now);
    assert!(!batch.is_full());
    batch.log(log(&"x".repeat(MOST_LOG_BYTES)), now);
    assert!(batch.is_full());
}

#[test]
fn a_node_that_ran_again_shows_it_however_short_it_was() {
    let mut batch = Batch::default();
    let now = Instant::now();
    let wait = RetryWait {
        failed: Timestamp::UNIX_EPOCH,
        message: "deadlock detected".to_owned(),
    };
    let again = TaskRun {
        earlier: Some(Box::new(crate::model::EarlierRuns {
            count: 1,
            first_start: Timestamp::UNIX_EPOCH,
            seconds: 0.0,
        })),
        ..task(1)
    };
    batch.start(task(1), now);
    batch.await_retry(task(1), wait, now);
    batch.start(again.clone(), now);
    batch.end(again, end(), now);
    let load = batch.take(&deployed_run(), &NodeCount::default(), now);
    let states: Vec<_> = names(&load).into_iter().map(|(state, _)| state).collect();
    let expected = ["AwaitingRetry", "Running", "Completed"];
    assert_eq!(
        states,
        expected.map(|state| format!("prefect.task-run.{state}"))
    );
}
