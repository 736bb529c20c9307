//! Records of dbt 2's telemetry.

use dbt_events::Level;
use dbt_events::otel::{
    HookProcessed, Invocation, LogMessage, NodeProcessed, Record, RecordKind, RecordName,
};
use proptest::prelude::*;

fn lines() -> Vec<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/fixtures/otel/build.jsonl"
    );
    let text = std::fs::read_to_string(path).expect("the fixture can be read");
    text.lines().map(str::to_owned).collect()
}

/// A record in a line.
fn shown(record: &Record<'_>) -> String {
    let head = format!(
        "{} {:?} {:?} {:?}",
        record.time(),
        record.kind(),
        record.name(),
        record.level()
    );
    let rest = match record.name() {
        RecordName::NodeProcessed => {
            let node: NodeProcessed<'_> = record.attributes().expect("attributes");
            format!(
                "{} {} {} selected {:?}: {} because of {:?}, error {:?}, test {:?}, freshness {:?}, rows {:?}",
                node.resource_type(),
                node.unique_id,
                node.materialized(),
                node.in_selection,
                node.status(),
                node.skipped_because_of(),
                node.error_type,
                node.test,
                node.freshness,
                node.rows_affected,
            )
        }
        RecordName::HookProcessed => {
            let hook: HookProcessed<'_> = record.attributes().expect("attributes");
            format!("{} {:?} {:?}", hook.unique_id, hook.hook_type, hook.outcome)
        }
        RecordName::Invocation => {
            let run: Invocation<'_> = record.attributes().expect("attributes");
            let process = &run.process_info;
            format!(
                "{} {} {}: {:?} failed {}",
                run.raw_command,
                process.package,
                process.version,
                run.metrics,
                record.is_failed()
            )
        }
        RecordName::LogMessage | RecordName::UserLogMessage => {
            let line: LogMessage<'_> = record.attributes().expect("attributes");
            format!(
                "{:?} {} {} | {}",
                line.code,
                line.code_name,
                line.unique_id,
                record.body()
            )
        }
        _ => return head,
    };
    format!("{head} {rest}")
}

#[test]
fn a_build() {
    let lines = lines();
    let shown: Vec<String> = lines
        .iter()
        .filter(|line| !line.contains("NodeEvaluated"))
        .map(|line| shown(&Record::decode(line).expect("a record")))
        .collect();
    insta::assert_snapshot!("otel_build", shown.join("\n"));
}

#[test]
fn an_invocation_is_known_by_its_trace() {
    let line = lines().remove(0);
    let record = Record::decode(&line).unwrap();
    let id = record.invocation_id().unwrap();
    assert_eq!(id, "019fb7d4-ce89-7712-8d06-5ad013a23be9");
    assert!(record.is_of(&id));
    assert!(!record.is_of("019fb7d4-ce89-7712-8d06-5ad013a23be8"));
    assert!(!record.is_of(""));
}

#[test]
fn attributes_are_written_in_the_form_of_dbt() {
    for line in lines() {
        let record = Record::decode(&line).unwrap();
        if record.name() == RecordName::NodeProcessed {
            let node: NodeProcessed<'_> = record.attributes().unwrap();
            let written = serde_json::to_string(&node).unwrap();
            let read: NodeProcessed<'_> = serde_json::from_str(&written).unwrap();
            assert_eq!(
                (read.status(), read.outcome, read.skip_reason, read.test),
                (node.status(), node.outcome, node.skip_reason, node.test)
            );
        }
    }
}

#[test]
fn other_lines_are_not_records() {
    for line in [
        "",
        "{}",
        "[]",
        r#"{"record_type": "SpanStart"}"#,
        r#"{"record_type": "Odd", "event_type": "x"}"#,
    ] {
        assert!(Record::decode(line).is_none(), "{line}");
    }
    let event = r#"{"info": {"name": "NodeStart", "ts": "2026-01-01T00:00:00Z", "msg": "\"record_type\""}}"#;
    assert!(Record::decode(event).is_none());
}

proptest! {
    #[test]
    fn any_cut_of_a_line_is_a_record_or_none(at in 0_usize..70, keep in 0.0..1.0_f64) {
        let lines = lines();
        let line = &lines[at % lines.len()];
        let cut: String = line.chars().take((line.len() as f64 * keep) as usize).collect();
        prop_assert!(Record::decode(&cut).is_none());
    }

    /// What stands in a field makes no other field unreadable.
    #[test]
    fn values_of_unexpected_types_are_defaults(
        severity in "-?[1-9][0-9]{0,3}|null|\"x\"|\\[1\\]|\\{\\}|1e99|true",
        value in "null|\"[A-Z_]{0,30}\"|[1-9][0-9]{0,29}|\\[\\]|\\{\"a\":1\\}|false|-1",
        id in "[a-z.]{1,20}",
        nanoseconds in any::<u64>(),
    ) {
        let line = format!(
            r#"{{"record_type":"SpanEnd","event_type":"a.NodeProcessed","trace_id":{value},"status":{value},"severity_number":{severity},"end_time_unix_nano":"{nanoseconds}","attributes":{{"node_outcome":{value},"rows_affected":{value},"in_selection":{value},"node_skip_reason":{value},"name":{value},"unique_id":"{id}"}}}}"#
        );
        let record = Record::decode(&line).unwrap();
        prop_assert_eq!(record.kind(), RecordKind::SpanEnd);
        prop_assert!(record.level() <= Level::Error);
        prop_assert_eq!(record.time().as_microsecond(), (nanoseconds / 1000) as i64);
        let node: NodeProcessed<'_> = record.attributes().expect("attributes");
        prop_assert_eq!(&*node.unique_id, &*id);
        prop_assert!(!node.status().is_empty());
    }
}
