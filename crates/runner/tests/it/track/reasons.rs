//! Why a node failed, where the event of its result does not say it.

use dbt_manifest::Sources;
use prefect_dbt::model::Effect;
use prefect_dbt::track::{TrackedRun, summary};
use serde_json::{Value, json};

use super::support::{exit, feed, run, tracker};

const INVOCATION: &str = "00000000-0000-4000-8000-000000000000";

fn event(name: &str, data: Value) -> String {
    json!({
        "info": {"name": name, "level": "debug", "msg": "", "ts": "2026-11-26T01:52:53.5Z", "invocation_id": INVOCATION},
        "data": data,
    })
    .to_string()
}

/// The events of a freshness check, as dbt 1.11 writes them.
fn check(table: &str, status: &str, message: &str) -> Vec<String> {
    let info = |status: &str| {
        json!({
            "unique_id": format!("source.tiny.landing.{table}"), "node_name": table, "resource_type": "source",
            "node_status": status, "node_started_at": "2026-11-26T01:52:53.1",
            "node_finished_at": if status == "started" { "" } else { "2026-11-26T01:52:53.4" },
        })
    };
    vec![
        event("NodeStart", json!({"node_info": info("started")})),
        event("LogStartLine", json!({"node_info": info("started")})),
        event(
            "LogFreshnessResult",
            json!({"node_info": info(status), "status": status}),
        ),
        event(
            "NodeFinished",
            json!({"node_info": info(status), "run_result": {"status": status, "message": message}}),
        ),
    ]
}

fn sources(invocation: &str) -> Sources {
    let limits = |unit: &str| {
        json!({
            "warn_after": {"count": 1, "period": unit}, "error_after": {"count": 2, "period": "day"}, "filter": null,
        })
    };
    let result = |table: &str, status: &str, newest: &str, age: f64| {
        json!({
            "unique_id": format!("source.tiny.landing.{table}"), "status": status, "max_loaded_at": newest,
            "max_loaded_at_time_ago_in_s": age, "criteria": limits("day"),
        })
    };
    let text = json!({
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/sources/v3.json", "invocation_id": invocation,
        },
        "results": [
            result("branches", "warn", "2026-11-24T19:52:53.409230+00:00", 108_000.0),
            result("receipts", "error", "2017-10-22T00:00:00+00:00", 287_027_573.4),
            result("nothing", "error", "0001-01-01T00:00:00+00:00", 63_000_000_000.0),
        ],
    });
    Sources::from_slice(text.to_string().as_bytes()).unwrap()
}

fn freshness(sources: &Sources) -> (Vec<Effect>, TrackedRun) {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    let missing = "Runtime Error in source gone\n  Table with name gone does not exist!";
    let checks = [
        check("fresh", "pass", ""),
        check("branches", "warn", ""),
        check("receipts", "error", ""),
        check("nothing", "error", ""),
        check("gone", "runtime error", missing),
    ];
    for line in checks.iter().flatten() {
        feed(&mut tracker, line, &mut out);
    }
    // What was reported before an interrupt stands.
    tracker.interrupted("interrupted by SIGINT");
    assert!(tracker.needs_sources());
    tracker.add_sources(sources, &mut out);
    let run = tracker.close(exit(1), None, &mut out);
    (out, run)
}

fn state_of(run: &TrackedRun, name: &str) -> (String, String) {
    let node = run
        .nodes
        .iter()
        .find(|node| node.result.name == name)
        .unwrap();
    let message = node.state.message.clone().unwrap_or_default();
    let why = message.split_once('\n').map_or(&*message, |(_, why)| why);
    (node.state.name.clone(), why.to_owned())
}

#[test]
fn a_stale_source_says_how_stale_it_is_and_what_is_allowed() {
    let (_, run) = freshness(&sources(INVOCATION));
    let expected = [
        ("fresh", "Completed", ""),
        (
            "branches",
            "Warned",
            "stale: newest row 2026-11-24 19:52:53 UTC, 30 hours old, warn after 1 day",
        ),
        (
            "receipts",
            "Failed",
            "stale: newest row 2017-10-22, 3322 days old, error after 2 days",
        ),
        (
            "nothing",
            "Failed",
            "stale: the table has no rows, error after 2 days",
        ),
        (
            "gone",
            "Failed",
            "Runtime Error in source gone\n  Table with name gone does not exist!",
        ),
    ];
    for (name, state, why) in expected {
        assert_eq!(state_of(&run, name), (state.to_owned(), why.to_owned()));
    }
    let args = ["source".to_owned(), "freshness".to_owned()];
    let text = summary::failure_text(&args, &run).unwrap();
    assert!(text.contains("Source receipts errored with message: \"stale: newest row 2017-10-22"));
}

#[test]
fn sources_of_another_invocation_do_not_count_and_a_message_is_never_empty() {
    let (_, run) = freshness(&sources("another"));
    assert_eq!(state_of(&run, "receipts").0, "Failed");
    for result in run.results().filter(|result| result.status.is_failure()) {
        assert!(result.message.is_some(), "{}", result.unique_id);
    }
}

#[test]
fn a_microbatch_model_names_its_first_batch_that_failed() {
    let (_, run) = run("batch_fails", exit(1));
    let (state, why) = state_of(&run, "daily");
    assert_eq!(state, "Failed");
    let mut lines = why.lines();
    assert_eq!(lines.next(), Some("PARTIAL SUCCESS (2/3)"));
    let batch = lines.next().unwrap();
    assert!(
        batch.starts_with("batch 2026-11-22 of main.daily failed: "),
        "{batch}"
    );
}

#[test]
fn a_batch_that_does_not_compile_is_named_too() {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    let info = |status: &str, started: &str| {
        json!({
            "unique_id": "model.tiny.daily", "node_name": "daily", "resource_type": "model",
            "node_status": status, "node_started_at": started,
        })
    };
    let (model, first, second) = (
        "2026-01-01T00:00:01",
        "2026-01-01T00:00:02",
        "2026-01-01T00:00:03",
    );
    let batch = |index: u8, at: &str| {
        let description = format!("batch 2026-01-0{index} of main.daily");
        event(
            "LogStartBatch",
            json!({"node_info": info("started", at), "batch_index": index, "description": description}),
        )
    };
    let fails = |at: &str, error: &str| {
        event(
            "CatchableExceptionOnRun",
            json!({"node_info": info("compiling", at), "exc": error}),
        )
    };
    let ends = |at: &str, status: &str, message: &str| {
        event(
            "NodeFinished",
            json!({"node_info": info(status, at), "run_result": {"status": status, "message": message}}),
        )
    };
    let lines = [
        event("NodeStart", json!({"node_info": info("started", model)})),
        batch(1, first),
        batch(2, second),
        fails(second, "Compilation Error: second"),
        fails(first, "Compilation Error: first"),
        ends(second, "error", "Compilation Error: second"),
        ends(first, "error", "Compilation Error: first"),
        event(
            "LogModelResult",
            json!({"node_info": info("error", model), "status": "ERROR"}),
        ),
        ends(model, "error", "ERROR"),
    ];
    for line in &lines {
        feed(&mut tracker, line, &mut out);
    }
    let run = tracker.close(exit(1), None, &mut out);
    let why = state_of(&run, "daily").1;
    assert_eq!(
        why,
        "ERROR\nbatch 2026-01-01 of main.daily failed: Compilation Error: first"
    );
}
