use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::model::{FlowRunRef, NewFlowRun};
use crate::store::{Header, JOURNAL_FORMAT};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn task(number: u128, second: i64) -> TaskRun {
    TaskRun {
        id: Uuid::from_u128(number),
        unique_id: format!("model.shop.m{number}"),
        dynamic_key: "k#1".to_owned(),
        name: format!("model m{number}"),
        start_time: at(second),
        wait_for: Vec::new(),
        labels: BTreeMap::new(),
        earlier: None,
    }
}

fn done(number: u128, second: i64) -> Effect {
    let state = State {
        kind: StateKind::Completed,
        name: "Completed".to_owned(),
        message: None,
    };
    let end = NodeEnd {
        state,
        end_time: at(second + 1),
        result: NodeResult::default(),
    };
    Effect::NodeFinished(task(number, second), end)
}

fn header() -> Entry {
    Entry::Header(Box::new(Header {
        format: JOURNAL_FORMAT,
        run_id: Uuid::from_u128(7),
        api: None,
        start: None,
        is_part: false,
        attempt: 1,
        key: None,
        created: at(0),
        args: vec!["build".to_owned()],
        flow: FlowRunRef::NotReported(NewFlowRun {
            flow_name: None,
            flow_run_name: "calm-otter".to_owned(),
            tags: Vec::new(),
        }),
    }))
}

/// A complete run in which nodes start and end at these positions.
fn journal(nodes: &[(usize, usize)]) -> Vec<Entry> {
    let mut effects: Vec<(usize, Effect)> = Vec::new();
    for (number, &(one, other)) in nodes.iter().enumerate() {
        let id = number as u128;
        let second = i64::try_from(one.min(other)).unwrap();
        effects.push((one.min(other), Effect::NodeRunning(task(id, second))));
        effects.push((one.max(other), done(id, second)));
    }
    effects.sort_by_key(|(place, _)| *place);
    let state = State {
        kind: StateKind::Completed,
        name: "Completed".to_owned(),
        message: None,
    };
    let end = Effect::RunFinished(RunEnd {
        state,
        dbt_exit: Some(0),
        at: at(10_000),
    });
    let effects = effects.into_iter().map(|(_, effect)| effect).chain([end]);
    std::iter::once(header())
        .chain(effects.map(|effect| Entry::Effect(Box::new(effect))))
        .collect()
}

/// The effects that a prefix of a journal lacks.
fn closing(seen: &[Entry]) -> Vec<Effect> {
    let mut killed = KilledRun::default();
    for entry in seen {
        killed.add(entry);
    }
    killed.close()
}

fn effects(entries: &[Entry]) -> impl Iterator<Item = &Effect> {
    entries.iter().filter_map(|entry| match entry {
        Entry::Effect(effect) => Some(&**effect),
        Entry::Header(_) => None,
    })
}

#[test]
fn a_complete_journal_lacks_nothing() {
    assert!(closing(&journal(&[(1, 4), (2, 3)])).is_empty());
    assert!(closing(&[]).is_empty());
}

#[test]
fn running_nodes_crash_at_the_last_entry() {
    let whole = journal(&[(1, 4), (2, 3)]);
    let added = closing(&whole[..4]);
    let [log, finished, last_log, end] = &added[..] else {
        panic!("{added:#?}");
    };
    let (Effect::NodeFinished(task, node), Effect::RunFinished(run)) = (finished, end) else {
        panic!("{added:#?}");
    };
    assert_eq!(task.unique_id, "model.shop.m0");
    assert_eq!(
        (node.state.kind, node.end_time),
        (StateKind::Crashed, at(3))
    );
    assert_eq!(node.result.resource_type, "model");
    assert_eq!((run.state.kind, run.at), (StateKind::Crashed, at(3)));
    let (Effect::Log(of_node), Effect::Log(of_run)) = (log, last_log) else {
        panic!("{added:#?}");
    };
    assert_eq!(of_node.task.as_ref().map(|task| task.id), Some(task.id));
    assert!(of_node.message.contains("killed"), "{}", of_node.message);
    assert_eq!(of_run.task, None);
}

proptest! {
    #[test]
    fn in_every_prefix_each_task_run_ends_once(
        nodes in proptest::collection::vec((0_usize..50, 0_usize..50), 0..12),
        cut in 0.0_f64..=1.0,
    ) {
        let whole = journal(&nodes);
        let length = (whole.len() as f64 * cut) as usize;
        let seen = &whole[..length];
        let added = closing(seen);
        let mut started = BTreeSet::new();
        let mut ended = Vec::new();
        let mut ends_of_run = 0;
        for effect in effects(seen).chain(&added) {
            prop_assert_eq!(ends_of_run, 0, "there is an effect after the end of the run");
            match effect {
                Effect::NodeRunning(task) => {
                    started.insert(task.id);
                }
                Effect::NodeFinished(task, end) => {
                    prop_assert!(end.end_time >= task.start_time);
                    ended.push(task.id);
                }
                Effect::RunFinished(_) => ends_of_run += 1,
                _ => {}
            }
        }
        prop_assert_eq!(ends_of_run, usize::from(length > 0));
        let distinct: BTreeSet<Uuid> = ended.iter().copied().collect();
        prop_assert_eq!(distinct.len(), ended.len());
        prop_assert_eq!(distinct, started);
    }
}

#[test]
fn a_run_that_had_not_started_dbt_says_so() {
    let mut killed = KilledRun::default();
    killed.add(&header());
    let Some(Effect::RunFinished(end)) = killed.close().pop() else {
        panic!("no end");
    };
    assert_eq!(end.state.message.as_deref(), Some(BEFORE));
}

#[test]
fn a_node_that_was_to_run_again_crashes_once() {
    let mut run = KilledRun::default();
    run.add(&header());
    let wait = crate::model::RetryWait {
        failed: at(2),
        message: "deadlock detected".to_owned(),
    };
    for effect in [
        Effect::NodeRunning(task(1, 1)),
        Effect::NodeAwaitingRetry(task(1, 1), wait),
        Effect::NodeRunning(task(1, 5)),
    ] {
        run.add(&Entry::Effect(Box::new(effect)));
    }
    let effects = run.close();
    let ends = effects.iter().filter_map(|effect| match effect {
        Effect::NodeFinished(task, end) => Some((task.start_time, end.state.kind)),
        _ => None,
    });
    assert_eq!(ends.collect::<Vec<_>>(), [(at(5), StateKind::Crashed)]);
}
