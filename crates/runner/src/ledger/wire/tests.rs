use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::ledger::Fingerprint;
use crate::ledger::decode;
use crate::model::{Effect, NodeResult, NodeStatus};

fn ledger_of(ids: impl IntoIterator<Item = String>) -> Ledger {
    let head = LedgerHead {
        run_id: Uuid::from_u128(1),
        attempt: 2,
        started: Timestamp::UNIX_EPOCH,
        dbt_version: "1.11.16".to_owned(),
        fingerprint: Fingerprint::new(&["shop"], &["prod"], &["1.11.16"], &["build"]),
    };
    let mut ledger = Ledger::new(head);
    assert_eq!(encode(&ledger), None, "it is not known what is to do");
    ledger.take(&Effect::Remaining(RemainingWork::not_begun(ids)));
    ledger
}

#[test]
fn a_ledger_comes_back_as_it_was_with_few_bytes_for_a_node() {
    const NODES: usize = 5_000;
    let ids = (0..NODES).map(|n| format!("model.shop.a_model_with_a_long_name_{n}"));
    let ledger = ledger_of(ids);
    let text = encode(&ledger).unwrap();
    assert!(text.len() < NODES * 100, "{}", text.len());
    assert_eq!(decode(&text).unwrap(), ledger);
}

#[test]
fn a_ledger_that_is_too_large_keeps_its_head_only_and_says_so() {
    // Ids that cannot be compressed.
    let ids = (0..40_000_u128).map(|n| Uuid::new_v5(&Uuid::nil(), &n.to_le_bytes()).to_string());
    let text = encode(&ledger_of(ids)).unwrap();
    assert!(text.len() < 1_000);
    let reason = decode(&text).unwrap_err().to_string();
    assert!(reason.contains("too large"), "{reason}");
}

#[test]
fn a_ledger_of_another_format_is_not_read() {
    let text = compressed(&serde_json::json!({ "format": 9, "anything": 1 })).unwrap();
    let reason = decode(&text).unwrap_err().to_string();
    assert!(reason.contains("format 9"), "{reason}");
}

#[test]
fn ends_count_whether_they_come_before_the_schedule_or_after_it() {
    let schedule = || {
        Effect::Remaining(RemainingWork::not_begun(
            ["a", "b", "c", "d"].map(str::to_owned),
        ))
    };
    let ends = || {
        [
            finished("a", NodeStatus::Success),
            finished("b", NodeStatus::Cancelled),
            finished("operation.x", NodeStatus::Success),
            finished("c", NodeStatus::Warn),
        ]
    };
    let fold = |effects: Vec<Effect>| {
        let mut ledger = ledger_of([]);
        ledger.work = None;
        for effect in &effects {
            ledger.take(effect);
        }
        let nodes = ledger.work.unwrap().nodes;
        nodes
            .into_iter()
            .map(|(id, node)| (id, node.status))
            .collect::<Vec<_>>()
    };
    let after = fold([schedule()].into_iter().chain(ends()).collect());
    let before = fold(ends().into_iter().chain([schedule()]).collect());
    assert_eq!(after, before);
    let expected = [("b", NodeStatus::Error), ("d", NodeStatus::Skipped)];
    assert_eq!(after, expected.map(|(id, status)| (id.to_owned(), status)));
}

fn finished(id: &str, status: NodeStatus) -> Effect {
    let task = json!({
        "id": Uuid::nil(), "unique_id": id, "dynamic_key": "", "name": id, "start_time": Timestamp::UNIX_EPOCH,
        "wait_for": [], "labels": {},
    });
    let result = NodeResult {
        status,
        ..NodeResult::default()
    };
    let state = json!({ "type": "COMPLETED", "name": "", "message": null });
    let end = json!({ "state": state, "end_time": Timestamp::UNIX_EPOCH, "result": result });
    serde_json::from_value(json!({ "node_finished": [task, end] })).unwrap()
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".*", bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = decode(&text);
        let _ = decode(&STANDARD.encode(bytes));
    }
}
