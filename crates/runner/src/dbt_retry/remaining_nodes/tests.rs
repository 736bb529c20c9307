use jiff::Timestamp;
use serde::Deserialize as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::track::{ProcessEnd, Tracker, TrackerOptions};

/// A run that ended with this exit code, of dbt's invocation `now`.
fn run(exit_code: i32) -> TrackedRun {
    let end = ProcessEnd {
        exit_code: Some(exit_code),
        signal: None,
        at: Timestamp::UNIX_EPOCH,
    };
    let mut run = Tracker::new(TrackerOptions::new(Uuid::nil())).close(end, None, &mut Vec::new());
    run.invocation_id = Some("now".to_owned());
    run
}

fn results(which: &str, version: &str, nodes: &[(&str, &str)]) -> Results {
    let nodes: Vec<Value> = nodes
        .iter()
        .map(|(id, status)| {
            json!({ "unique_id": id, "status": status, "message": "hush", "compiled_code": "select 1" })
        })
        .collect();
    results_of(&json!({
        "metadata": { "invocation_id": "now", "dbt_version": version },
        "args": { "which": which },
        "elapsed_time": 1.5,
        "results": nodes,
    }))
}

fn results_of(written: &Value) -> Results {
    Results::deserialize(written).expect("results")
}

fn build(nodes: &[(&str, &str)]) -> Results {
    results("build", "1.11.16", nodes)
}

fn ids(remaining: &Remaining) -> Vec<&str> {
    match remaining {
        Remaining::Nodes { ids, results } => {
            let listed: Vec<_> = results.ids().collect();
            assert_eq!(
                &listed, ids,
                "the state for dbt retry and the list of nodes are equal"
            );
            listed
        }
        other => panic!("not a list of nodes: {other:?}"),
    }
}

fn obstacle(remaining: Remaining) -> Obstacle {
    match remaining {
        Remaining::Unknown { obstacle, .. } => obstacle,
        other => panic!("not unknown: {other:?}"),
    }
}

fn not_called() -> Option<Vec<String>> {
    panic!("the results are complete")
}

#[test]
fn failed_and_skipped_nodes_remain_and_no_message_or_code_is_saved() {
    let nodes = [
        ("model.a.good", "success"),
        ("model.a.bad", "error"),
        ("test.a.t", "fail"),
        ("model.a.below", "skipped"),
        ("operation.a.start", "error"),
    ];
    let remaining = remaining(&run(1), Some(build(&nodes)), None, not_called);
    assert_eq!(
        ids(&remaining),
        ["model.a.bad", "test.a.t", "model.a.below"]
    );
    let Remaining::Nodes { results, .. } = remaining else {
        panic!("{remaining:?}");
    };
    let written = serde_json::to_value(&results).expect("JSON");
    let text = written.to_string();
    assert!(
        !text.contains("hush") && !text.contains("select 1"),
        "{text}"
    );
    assert_eq!(written["results"][0]["message"], Value::Null);
    assert_eq!(results_of(&written), results);
}

#[test]
fn nodes_that_never_started_remain() {
    let nodes = [("model.a.good", "success"), ("model.a.bad", "error")];
    let scheduled: Vec<String> = ["good", "bad", "in_flight"]
        .map(|name| format!("model.a.{name}"))
        .into_iter()
        .chain(["exposure.a.e".to_owned()])
        .collect();
    let mut stopped = run(1);
    stopped.interrupted = Some("timeout".to_owned());
    // The events say that `good` succeeded.
    stopped.nodes = tracked(&["model.a.good"]);
    let remaining = super::remaining(&stopped, Some(build(&nodes)), None, || {
        Some(scheduled.clone())
    });
    assert_eq!(ids(&remaining), ["model.a.bad", "model.a.in_flight"]);
    let unknown = super::remaining(&stopped, Some(build(&nodes)), None, || None);
    assert_eq!(obstacle(unknown), Obstacle::UnknownSchedule);
}

/// Nodes that succeeded.
pub(crate) fn tracked(good: &[&str]) -> Vec<crate::track::TrackedNode> {
    let lines: Vec<String> = good
        .iter()
        .map(|id| {
            let info = json!({ "unique_id": id, "node_name": "x", "resource_type": "model", "node_status": "success",
                "materialized": "table", "node_started_at": "2026-01-01T00:00:00", "node_finished_at": "2026-01-01T00:00:01" });
            json!({ "info": { "name": "NodeFinished", "level": "debug", "ts": "2026-01-01T00:00:01Z", "msg": "" },
                "data": { "node_info": info, "run_result": { "status": "success" } } })
            .to_string()
        })
        .collect();
    let mut tracker = Tracker::new(TrackerOptions::new(Uuid::nil()));
    for line in &lines {
        let dbt_events::Line::Event(event) = dbt_events::decode(line) else {
            panic!("not an event: {line}")
        };
        tracker.on_event(&event, &mut Vec::new());
    }
    tracker.close(run(0).end, None, &mut Vec::new()).nodes
}

#[test]
fn a_run_that_dbt_retry_cannot_retry_is_an_obstacle() {
    let failed = [("model.a.bad", "error")];
    let of = |which, version| {
        obstacle(remaining(
            &run(1),
            Some(results(which, version, &failed)),
            Some(Vec::new()),
            not_called,
        ))
    };
    assert_eq!(
        obstacle(remaining(&run(2), None, None, not_called)),
        Obstacle::NoResults
    );
    let mut later = run(2);
    later.invocation_id = Some("later".to_owned());
    let foreign = remaining(&later, Some(build(&failed)), None, not_called);
    assert_eq!(obstacle(foreign), Obstacle::NoResults);
    assert_eq!(
        of("run-operation", "1.11.0"),
        Obstacle::Command("run-operation".to_owned())
    );
    assert_eq!(of("build", "2.0.0"), Obstacle::Version("2.0.0".to_owned()));
    assert_eq!(of("build", "1.7.9"), Obstacle::Version("1.7.9".to_owned()));
    let hooks = build(&[("operation.a.start", "error")]);
    let hooks = remaining(&run(1), Some(hooks), None, || Some(Vec::new()));
    assert_eq!(obstacle(hooks), Obstacle::OnlyHooks);
    assert_eq!(
        remaining(&run(0), None, None, not_called),
        Remaining::Nothing
    );
}
