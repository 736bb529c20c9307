use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::model::{
    EarlierRuns, Level, LogLine, NodeEnd, NodeResult, RetryWait, State, StateKind, TaskRef, TaskRun,
};
use crate::prefect::flow_run::context::tests::deployed_run;

fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(1_790_000_000_000_000 + micros).expect("in range")
}

fn task() -> TaskRun {
    TaskRun {
        id: Uuid::from_u128(0x7a),
        unique_id: "model.shop.orders".to_owned(),
        dynamic_key: "00000000-0000-0000-0000-0000000000aa#1".to_owned(),
        name: "model orders".to_owned(),
        start_time: time(0),
        wait_for: vec![Uuid::from_u128(0x7b)],
        labels: BTreeMap::from([("dbt.resource_type".to_owned(), "model".to_owned())]),
        earlier: None,
    }
}

fn end(micros: i64, kind: StateKind, name: &str, message: Option<&str>) -> NodeEnd {
    NodeEnd {
        state: State {
            kind,
            name: name.to_owned(),
            message: message.map(str::to_owned),
        },
        end_time: time(micros),
        result: NodeResult::default(),
    }
}

#[test]
fn a_node_that_starts() {
    let event = running(&deployed_run(), &task());
    assert!(event.validate().is_ok());
    insta::assert_json_snapshot!(event);
}

#[test]
fn a_node_that_ends() {
    let end = end(
        1_500_000,
        StateKind::Failed,
        "Failed",
        Some("no such column"),
    );
    let event = finished(&deployed_run(), &task(), &end, 0);
    assert!(event.validate().is_ok());
    insta::assert_json_snapshot!(event);
}

#[test]
fn states_of_one_task_run_differ_in_id_and_time() {
    let context = deployed_run();
    // Ended when, or even before, it began.
    for end_time in [0, -5] {
        let end = end(end_time, StateKind::Cancelled, "Skipped", None);
        let states = [
            running(&context, &task()),
            finished(&context, &task(), &end, 0),
            finished(&context, &task(), &end, 1),
        ];
        assert!(
            states
                .windows(2)
                .all(|pair| pair[0].occurred < pair[1].occurred)
        );
        assert!(states.windows(2).all(|pair| pair[0].id != pair[1].id));
        assert_eq!(
            states[1].payload["task_run"]["end_time"],
            serde_json::json!(time(0))
        );
        assert_eq!(states[1].payload["task_run"]["total_run_time"], 0.0);
    }
}

#[test]
fn a_state_has_the_same_id_when_it_is_sent_again() {
    let end = end(10, StateKind::Completed, "Completed", None);
    let ids = [0, 1].map(|_| finished(&deployed_run(), &task(), &end, 0).id);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn long_messages_are_truncated() {
    let message = "ü".repeat(200_000);
    let end = end(10, StateKind::Failed, "Failed", Some(&message));
    let event = finished(&deployed_run(), &task(), &end, 0);
    let message = event.payload["validated_state"]["message"]
        .as_str()
        .expect("a text");
    assert_eq!(message.chars().count(), 100_000);
    assert!(event.validate().is_ok());
}

fn line(at: i64, message: &str) -> LogLine {
    LogLine::new(time(at), Level::Info, message.to_owned(), None)
}

#[test]
fn log_lines_of_the_run_and_of_a_task_run() {
    let mut translator = LogTranslator::new(Some(Uuid::from_u128(0xf1)), 1_000_000);
    let of_task = LogLine {
        task: Some(TaskRef {
            id: task().id,
            name: task().name,
        }),
        ..line(3, "with a \0 in it")
    };
    let logs = [
        translator.translate(&line(0, "begin")),
        translator.translate(&of_task),
    ];
    insta::assert_json_snapshot!(logs);
}

#[test]
fn without_a_flow_run_only_logs_of_task_runs_are_sent() {
    let mut translator = LogTranslator::new(None, 1_000_000);
    assert_eq!(translator.translate(&line(0, "begin")), None);
    let task = Some(TaskRef {
        id: task().id,
        name: task().name,
    });
    let of_task = translator.translate(&LogLine {
        task,
        ..line(1, "at work")
    });
    assert_eq!(of_task.expect("a log").flow_run_id, None);
}

#[test]
fn no_two_log_lines_of_a_burst_share_a_time() {
    let mut translator = LogTranslator::new(Some(Uuid::nil()), 1_000_000);
    let sent = [5, 5, 5, 6, 9, 2, 9].map(|at| {
        translator
            .translate(&line(at, ""))
            .expect("a log")
            .timestamp
    });
    assert_eq!(sent, [5, 6, 7, 8, 9, 2, 9].map(time));
}

#[test]
fn a_log_line_has_a_largest_size() {
    let mut translator = LogTranslator::new(Some(Uuid::nil()), 1_000);
    let log = translator.translate(&line(0, &"\"\u{1}ü".repeat(500)));
    let log = log.expect("a log");
    let size = serde_json::to_string(&log).expect("JSON").len();
    assert!((800..=1_000).contains(&size), "{size}");
    assert!(log.message.ends_with("... [truncated]"));
}

#[test]
fn a_node_that_runs_again() {
    let context = deployed_run();
    let first = task();
    let wait = RetryWait {
        failed: time(1_000_000),
        message: "deadlock detected".to_owned(),
    };
    let again = TaskRun {
        start_time: time(9_000_000),
        earlier: Some(Box::new(EarlierRuns {
            count: 1,
            first_start: time(0),
            seconds: 1.0,
        })),
        ..task()
    };
    let end = end(9_500_000, StateKind::Completed, "Completed", None);
    let states = [
        running(&context, &first),
        awaiting_retry(&context, &first, &wait),
        running(&context, &again),
        finished(&context, &again, &end, 0),
    ];
    for pair in states.windows(2) {
        assert!(pair[0].occurred < pair[1].occurred && pair[0].id != pair[1].id);
    }
    assert!(states.iter().all(|event| event.validate().is_ok()));
    let task_run = &states[3].payload["task_run"];
    assert_eq!(task_run["run_count"], 2);
    assert_eq!(task_run["total_run_time"], 1.5);
    assert_eq!(
        task_run["start_time"],
        states[0].payload["task_run"]["start_time"]
    );
    insta::assert_json_snapshot!(states[1]);
}
