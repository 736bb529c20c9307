use std::path::PathBuf;

use super::*;
use crate::model::NewFlowRun;
use crate::replay::log::scan;
use crate::store::Entry;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata/fixtures/runs/1.11")
        .join(name)
}

/// The effects of a stored log.
fn converted(name: &str) -> Vec<Effect> {
    let log = fixture(name);
    let run = scan(&log).unwrap().remove(0);
    let artifacts = Artifacts::read(Some(&fixture("manifest.json")), &log).unwrap();
    let place = tempfile::tempdir().unwrap();
    let flow = FlowRunRef::NotReported(NewFlowRun {
        flow_name: None,
        flow_run_name: "calm-otter".to_owned(),
        tags: Vec::new(),
    });
    let folder = JournalFolder::at(place.path());
    let (header, mut journal) =
        write_journal(&log, &run, &artifacts, flow, LogLevel::Info, &folder).unwrap();
    assert_eq!(header.args[0], "build");
    std::iter::from_fn(|| journal.try_next())
        .filter_map(|entry| match entry {
            Entry::Effect(effect) => Some(*effect),
            Entry::Header(_) => None,
        })
        .collect()
}

fn end(effects: &[Effect]) -> &RunEnd {
    match effects.last() {
        Some(Effect::RunFinished(end)) => end,
        other => panic!("{other:?}"),
    }
}

fn nodes(effects: &[Effect]) -> usize {
    let ends = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::NodeFinished(..)));
    ends.count()
}

#[test]
fn a_log_becomes_a_journal() {
    let effects = converted("good.jsonl");
    let end = end(&effects);
    assert_eq!(end.state.kind, StateKind::Completed);
    assert_eq!(end.dbt_exit, Some(0));
    assert!(nodes(&effects) > 1);
    let has_edges = effects
        .iter()
        .any(|effect| matches!(effect, Effect::NodeFinished(task, _) if !task.wait_for.is_empty()));
    assert!(has_edges, "the manifest was ignored");
    let mut texts = effects.iter().filter_map(|effect| match effect {
        Effect::Log(line) => Some(line.message.as_str()),
        _ => None,
    });
    assert_eq!(texts.next_back(), Some("Finished in state Completed()"));
}

#[test]
fn the_state_follows_from_the_events() {
    let failed = converted("model_fails.jsonl");
    assert_eq!(end(&failed).state.kind, StateKind::Failed);
    assert_eq!(end(&failed).dbt_exit, Some(1));
    let not_parsed = converted("parse_fails.jsonl");
    assert_eq!(end(&not_parsed).dbt_exit, Some(2));
    let killed = converted("killed.jsonl");
    assert_eq!(end(&killed).state.kind, StateKind::Crashed);
    assert!(nodes(&killed) > 0);
}

/// Every recorded stream of every version of dbt.
fn recorded() -> Vec<PathBuf> {
    let runs = fixture("../..").join("runs");
    let mut logs = Vec::new();
    for folder in fs_err::read_dir(runs).unwrap() {
        let folder = folder.unwrap().path();
        if folder.is_dir() {
            let files = fs_err::read_dir(folder).unwrap();
            logs.extend(files.map(|file| file.unwrap().path()));
        }
    }
    logs.retain(|path| path.extension().is_some_and(|found| found == "jsonl"));
    logs
}

#[test]
fn every_recorded_stream_becomes_a_complete_journal() {
    let logs = recorded();
    assert!(logs.len() > 10, "{logs:?}");
    for log in logs {
        let artifacts = Artifacts::read(None, &log).unwrap();
        for run in scan(&log).unwrap() {
            let place = tempfile::tempdir().unwrap();
            let flow = FlowRunRef::owned(run.run_id());
            let folder = JournalFolder::at(place.path());
            let (_, mut journal) =
                write_journal(&log, &run, &artifacts, flow, LogLevel::Info, &folder).unwrap();
            let mut open = std::collections::BTreeSet::new();
            let mut ends = 0;
            while let Some(entry) = journal.try_next() {
                let Entry::Effect(effect) = entry else {
                    continue;
                };
                match *effect {
                    Effect::NodeRunning(task) => assert!(open.insert(task.id)),
                    Effect::NodeFinished(task, _) => {
                        open.remove(&task.id);
                    }
                    Effect::RunFinished(_) => ends += 1,
                    _ => {}
                }
            }
            assert!(open.is_empty() && ends == 1, "{}", log.display());
        }
    }
}

#[test]
fn telemetry_of_dbt_2_becomes_a_journal() {
    let log = fixture("../../otel/build.jsonl");
    let runs = scan(&log).unwrap();
    assert_eq!(runs.len(), 1);
    assert!(runs[0].is_detailed());
    assert_eq!(runs[0].args, ["build", "--otel-file-name", "otel.jsonl"]);
    assert_eq!(
        runs[0].invocation_id,
        "019fb7d4-ce89-7712-8d06-5ad013a23be9"
    );
    let artifacts = Artifacts::read(Some(&fixture("manifest.json")), &log).unwrap();
    let place = tempfile::tempdir().unwrap();
    let folder = JournalFolder::at(place.path());
    let flow = FlowRunRef::owned(runs[0].run_id());
    let (_, mut journal) =
        write_journal(&log, &runs[0], &artifacts, flow, LogLevel::Info, &folder).unwrap();
    let mut effects = Vec::new();
    while let Some(entry) = journal.try_next() {
        if let Entry::Effect(effect) = entry {
            effects.push(*effect);
        }
    }
    assert_eq!(end(&effects).state.kind, StateKind::Failed);
    assert_eq!(end(&effects).dbt_exit, Some(1));
    assert!(nodes(&effects) > 10);
    let has_edges = effects
        .iter()
        .any(|effect| matches!(effect, Effect::NodeFinished(task, _) if !task.wait_for.is_empty()));
    assert!(has_edges, "the manifest was ignored");
}
