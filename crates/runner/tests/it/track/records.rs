//! dbt 2's telemetry records, as `--otel-file-name` stores them.

use dbt_events::otel::Record;
use prefect_dbt::model::Effect;
use proptest::prelude::*;

use super::support::{exit, shown, tracker};

fn lines() -> Vec<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/fixtures/otel/build.jsonl"
    );
    let text = fs_err::read_to_string(path).expect("the fixture can be read");
    text.lines().map(str::to_owned).collect()
}

fn track<'l>(lines: impl IntoIterator<Item = &'l String>) -> Vec<Effect> {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    for line in lines {
        if let Some(record) = Record::decode(line) {
            tracker.on_record(&record, &mut out);
        }
    }
    tracker.close(exit(1), None, &mut out);
    out
}

#[test]
fn a_build() {
    insta::assert_snapshot!("otel_build", shown(&track(&lines())));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whichever records are lost or late, each node that started ends once.
    #[test]
    fn each_node_ends_once(keep in proptest::collection::vec(0..10_usize, 72), part in 0.0..=1.0_f64) {
        let lines = lines();
        let mut kept: Vec<(usize, &String)> = Vec::new();
        for (at, (line, keep)) in lines.iter().zip(&keep).enumerate() {
            match keep {
                0 => {}
                1 => kept.push((at + 5, line)),
                _ => kept.push((at, line)),
            }
        }
        kept.sort_by_key(|(at, _)| *at);
        kept.truncate((kept.len() as f64 * part) as usize);
        let effects = track(kept.into_iter().map(|(_, line)| line));
        let mut ended = std::collections::BTreeSet::new();
        let mut running = std::collections::BTreeSet::new();
        for effect in &effects {
            match effect {
                Effect::NodeRunning(task) => {
                    prop_assert!(!ended.contains(&task.unique_id));
                    running.insert(task.unique_id.clone());
                }
                Effect::NodeFinished(task, end) => {
                    prop_assert!(end.end_time >= task.start_time);
                    prop_assert!(ended.insert(task.unique_id.clone()));
                }
                _ => {}
            }
        }
        prop_assert!(running.is_subset(&ended));
    }
}
