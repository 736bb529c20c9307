//! Decoding of lines into events and payloads.

use dbt_events::{
    Event, EventName, Level, Line, MarkSkippedChildren, NodeFinished, ReportArgs, decode,
};
use proptest::prelude::*;

const FINISHED: &str = r#"{"data": {"node_info": {"materialized": "table", "meta": {"a": [1]}, "node_finished_at": "2026-01-01T12:00:01.000002",
    "node_name": "orders", "node_started_at": "2026-01-01T12:00:00.000001", "node_status": "success", "resource_type": "model",
    "node_relation": {"alias": "orders", "database": "d", "relation_name": "\"d\".\"s\".\"orders\"", "schema": "s"},
    "unique_id": "model.shop.orders"}, "run_result": {"adapter_response": {"_message": "OK", "rows_affected": 9999999999},
    "execution_time": 1.5, "message": "OK", "num_failures": 0, "status": "success", "thread": "Thread-1", "timing_info":
    [{"name": "execute", "started_at": "2026-01-01T12:00:00.5Z", "completed_at": "2026-01-01T12:00:01Z"}]}},
    "info": {"level": "debug", "msg": "Finished \u001b[1mrunning\u001b[0m", "name": "NodeFinished", "ts": "2026-01-01T12:00:01.000003Z",
    "invocation_id": "i", "thread": "Thread-1", "code": "Q025", "category": "", "extra": {}, "pid": 1}}"#;

fn event(line: &str) -> Event<'_> {
    match decode(line) {
        Line::Event(event) => event,
        Line::Text(text) => panic!("no event: {text}"),
    }
}

#[test]
fn a_node_finishes() {
    let event = event(FINISHED);
    assert_eq!(
        (event.name(), event.level(), event.thread()),
        (EventName::NodeFinished, Level::Debug, "Thread-1")
    );
    assert_eq!(event.ts().to_string(), "2026-01-01T12:00:01.000003Z");
    insta::assert_debug_snapshot!("node_info", event.node_info());
    let result = event.data::<NodeFinished<'_>>().unwrap().run_result;
    assert_eq!(
        result.adapter_response(),
        Some(r#"{"_message": "OK", "rows_affected": 9999999999}"#)
    );
    insta::assert_debug_snapshot!("run_result", result);
}

#[test]
fn unexpected_types_do_not_make_an_event_unreadable() {
    let odd = event(
        r#"{"info": {"name": "MarkSkippedChildren", "level": "loud", "ts": "2026-01-01T12:00:00Z", "msg": null},
            "data": {"unique_id": 7, "status": null, "run_result": {"execution_time": "soon", "num_failures": []}}}"#,
    );
    assert_eq!((odd.level(), &*odd.message()), (Level::Info, ""));
    let skipped = odd.data::<MarkSkippedChildren<'_>>().unwrap();
    assert_eq!((&*skipped.unique_id, &*skipped.status), ("7", ""));
    assert_eq!(
        (
            skipped.run_result.execution_time,
            skipped.run_result.num_failures
        ),
        (None, None)
    );
}

#[test]
fn arguments_are_text() {
    let line = r#"{"data": {"args": {"vars": {"a": 1}, "debug": true, "invocation_command": "dbt build"}},
        "info": {"name": "MainReportArgs", "ts": "2026-01-01T12:00:00Z"}}"#;
    let args = event(line).data::<ReportArgs<'_>>().unwrap().args;
    assert_eq!(&**args.get("invocation_command").unwrap(), "dbt build");
    assert_eq!(&**args.get("debug").unwrap(), "true");
}

#[test]
fn a_line_that_is_not_an_event_is_text() {
    for text in [
        "",
        "Error: no such option",
        "{}",
        "{\"info\": 1}",
        "[1]",
        r#"{"info": {"name": "A", "ts": "yesterday"}}"#,
    ] {
        assert!(
            matches!(decode(text), Line::Text(same) if same == text),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn any_cut_of_a_line_is_an_event_or_text(keep in 0..FINISHED.len(), junk in ".*") {
        let cut: String = FINISHED.chars().take(keep).chain(junk.chars()).collect();
        if let Line::Event(event) = decode(&cut) {
            let _ = event.node_info();
            let _ = event.message();
            let _ = event.data::<NodeFinished<'_>>();
        }
    }
}

#[test]
fn an_event_serialises_in_the_form_of_dbt() {
    let written: serde_json::Value = serde_json::from_str(FINISHED).unwrap();
    let event = serde_json::to_value(event(FINISHED)).unwrap();
    assert_eq!(event["data"], written["data"]);
    for (key, value) in event["info"].as_object().unwrap() {
        assert_eq!(*value, written["info"][key], "{key}");
    }
    insta::assert_json_snapshot!(
        "serialised_result",
        self::event(FINISHED).data::<NodeFinished<'_>>()
    );
}
