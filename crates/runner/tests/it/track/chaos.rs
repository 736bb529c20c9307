//! Whatever becomes of a stream on its way: each mentioned node ends once, and nothing panics.

use std::collections::{BTreeMap, BTreeSet};

use dbt_events::{Line, decode};
use prefect_dbt::model::Effect;
use proptest::prelude::*;

use super::support::{exit, feed, lines, results, tracker};

const STREAMS: [&str; 16] = [
    "good",
    "model_fails",
    "fail_fast",
    "test_fails",
    "test_warns",
    "unit_fails",
    "batch_fails",
    "ephemeral_fails",
    "hook_fails",
    "interrupted",
    "killed",
    "freshness",
    "compile",
    "2/build",
    "2/test",
    "2/fail_fast",
];

/// Parts of the names of the events that make a node one of the run.
const LIFE: [&str; 5] = [
    "NodeStart",
    "NodeFinished",
    "LogStart",
    "LogHook",
    "ExceptionOnRun",
];

/// What befalls a line.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Arrives,
    Lost,
    Twice,
    Delayed(usize),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        12 => Just(Fate::Arrives),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Twice),
        2 => (1_usize..12).prop_map(Fate::Delayed),
    ]
}

/// The lines in the order in which they arrive.
fn arrived(lines: &[String], fates: &[Fate]) -> Vec<String> {
    let mut placed: Vec<(usize, &String)> = Vec::new();
    for ((at, line), fate) in lines.iter().enumerate().zip(fates.iter().cycle()) {
        match fate {
            Fate::Arrives => placed.push((at, line)),
            Fate::Lost => {}
            Fate::Twice => placed.extend([(at, line), (at + 3, line)]),
            Fate::Delayed(by) => placed.push((at + by, line)),
        }
    }
    placed.sort_by_key(|(at, _)| *at);
    placed.into_iter().map(|(_, line)| line.clone()).collect()
}

fn check(lines: &[String], code: i32, with_results: Option<&str>, interrupt_at: Option<usize>) {
    let (mut tracker, mut effects) = (tracker(), Vec::new());
    let mut mentioned = BTreeSet::new();
    for (at, line) in lines.iter().enumerate() {
        if interrupt_at == Some(at) {
            tracker.interrupted("stop");
        }
        if let Line::Event(event) = decode(line)
            && let Some(info) = event.node_info()
            && LIFE.iter().any(|part| event.raw_name().contains(part))
            && &*info.materialized != "ephemeral"
        {
            mentioned.insert(info.unique_id.to_string());
        }
        feed(&mut tracker, line, &mut effects);
    }
    tracker.close(
        exit(code),
        with_results.and_then(results).as_ref(),
        &mut effects,
    );
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for effect in &effects {
        match effect {
            Effect::NodeRunning(task) => assert!(
                !ends.contains_key(&task.unique_id),
                "{} ran after its end",
                task.unique_id
            ),
            Effect::NodeFinished(task, end) => {
                assert!(end.end_time >= task.start_time);
                *ends.entry(task.unique_id.clone()).or_default() += 1;
            }
            _ => {}
        }
    }
    assert!(ends.values().all(|&count| count == 1), "{ends:?}");
    for id in mentioned {
        assert!(ends.contains_key(&id), "{id} never ended");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_mentioned_node_ends_exactly_once(
        stream in 0..STREAMS.len(),
        part in 0.0..=1.0_f64,
        fates in proptest::collection::vec(fate(), 40..400),
        code in prop_oneof![Just(0), Just(1), Just(2), Just(-9)],
        with_results: bool,
        interrupt_at in proptest::option::of(0_usize..200),
    ) {
        let name = STREAMS[stream];
        let all = lines(name);
        let prefix = &all[..(all.len() as f64 * part) as usize];
        check(&arrived(prefix, &fates), code, with_results.then_some(name), interrupt_at);
    }

    #[test]
    fn arbitrary_text_never_panics(
        texts in proptest::collection::vec(".*", 0..20),
        odd in proptest::collection::vec("(\\{\"(info|data|node_info|name|ts|unique_id)\":|[\\]\\[{},:\"]|null|1e9|NodeFinished|2026-01-01T00:00:00Z)*", 0..20),
    ) {
        let lines: Vec<String> = texts.into_iter().chain(odd).collect();
        check(&lines, 0, None, None);
    }

    #[test]
    fn cut_lines_never_panic(stream in 0..STREAMS.len(), keep in 0.0..1.0_f64) {
        let cut = |line: String| line.chars().take((line.chars().count() as f64 * keep) as usize).collect();
        let lines: Vec<String> = lines(STREAMS[stream]).into_iter().map(cut).collect();
        check(&lines, 1, None, None);
    }
}
