//! Plans of recorded runs, and of graphs that are made up.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use dbt_manifest::Manifest;
use dbt_selector::{
    Command, Context, IndirectSelection, NodeFilter, Request, Selection, SelectionGraph,
};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::queue::{Queue, nodes_of};
use super::simulation::{critical_path, simulate};
use super::*;
use crate::history::{NodeRecord, RunRecord};
use crate::model::NodeStatus;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/fixtures")
}

/// A recorded manifest. Those of runs are without the code and the limits of freshness without which dbt runs no node.
fn manifest(path: &str) -> Manifest {
    let text = std::fs::read(fixtures().join(path)).unwrap();
    let mut json: Value = serde_json::from_slice(&text).unwrap();
    for node in json["nodes"].as_object_mut().unwrap().values_mut() {
        let node = node.as_object_mut().unwrap();
        node.entry("raw_code").or_insert_with(|| "select 1".into());
    }
    for source in json["sources"].as_object_mut().unwrap().values_mut() {
        let source = source.as_object_mut().unwrap();
        let limit = serde_json::json!({"error_after": {"count": 1, "period": "day"}});
        source.entry("freshness").or_insert(limit);
    }
    Manifest::from_vec(json.to_string().into_bytes()).unwrap()
}

/// What a command selects, with the words of `--select`; of a `build` with such words, in the mode `empty`, as the recorded ones.
fn select<'m>(graph: &SelectionGraph<'m>, command: Command, words: &[&str]) -> Selection<'m> {
    let filter = NodeFilter::new(command, &[""; 0], &[""; 0], graph.dialect()).unwrap();
    let mut request = Request::new(filter).with_select(words.iter().copied());
    if command == Command::Build && !words.is_empty() {
        request = request.with_mode(IndirectSelection::Empty);
    }
    request.select(graph, &Context::default()).unwrap()
}

fn plan_with(
    manifest: &Manifest,
    command: Command,
    words: &[&str],
    durations: &Durations,
    threads: usize,
) -> RunPlan {
    let graph = SelectionGraph::new(manifest);
    let inputs = Inputs {
        command,
        graph: &graph,
        selection: &select(&graph, command, words),
        durations,
        threads,
        freshness_hooks: None,
    };
    RunPlan::new(inputs, Vec::new())
}

/// The nodes of a recorded run in the order of their first start. Ephemeral models start, but are nothing that runs.
fn started(stream: &str) -> Vec<String> {
    let text = std::fs::read_to_string(fixtures().join(stream)).unwrap();
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let node = &event["data"]["node_info"];
        let starts = ["NodeStart", "LogHookStartLine"].map(Value::from);
        if !starts.contains(&event["info"]["name"]) || node["materialized"] == "ephemeral" {
            continue;
        }
        let id = node["unique_id"].as_str().unwrap().to_owned();
        if !found.contains(&id) {
            found.push(id);
        }
    }
    found
}

/// All recorded runs had one thread.
#[test]
fn the_order_is_that_of_every_recorded_run() {
    let fails = [
        "events",
        "daily",
        "after_daily",
        "people",
        "stg",
        "mart",
        "nothing_wrong",
        "leaf",
    ];
    let ephemeral = ["people", "stg", "mart", "leaf"];
    let mut runs: Vec<(String, Command, &[&str])> = Vec::new();
    for release in ["1.5", "1.7", "1.8", "1.9", "1.10"] {
        let name = |name: &str| format!("runs/{release}/{name}");
        runs.push((name("good"), Command::Build, &[]));
        runs.push((name("fails"), Command::Build, &fails));
        runs.push((name("ephemeral_fails"), Command::Build, &ephemeral));
        runs.push((name("freshness"), Command::SourceFreshness, &[]));
    }
    for name in [
        "good",
        "model_fails",
        "test_fails",
        "test_warns",
        "unit_fails",
        "batch_fails",
        "ephemeral_fails",
    ] {
        runs.push((format!("runs/1.11/{name}"), Command::Build, &[]));
    }
    runs.push((
        "runs/1.11/freshness".to_owned(),
        Command::SourceFreshness,
        &[],
    ));
    runs.push(("runs/1.11/compile".to_owned(), Command::Compile, &["mart"]));
    for (run, command, words) in runs {
        let folder = Path::new(&run).parent().unwrap().display().to_string();
        let manifest = manifest(&format!("{folder}/manifest.json"));
        let plan = plan_with(&manifest, command, words, &Durations::default(), 1);
        let planned: Vec<String> = plan.nodes.into_iter().map(|node| node.unique_id).collect();
        assert_eq!(planned, started(&format!("{run}.jsonl")), "{run}");
    }
}

#[test]
fn priorities_and_starts_are_those_of_the_queue_with_every_edge() {
    let manifest = manifest("selection/manifest.json");
    let graph = SelectionGraph::new(&manifest);
    let nodes = nodes_of(&manifest);
    let place = |id: &str| {
        nodes
            .binary_search_by(|node| node.unique_id.as_str().cmp(id))
            .unwrap()
    };
    for words in [
        &[][..],
        &["tag:*"],
        &["fct_orders+", "stg_*"],
        &["resource_type:test", "marts"],
    ] {
        for command in [Command::Build, Command::Run, Command::Test, Command::Clone] {
            let selection = select(&graph, command, words);
            let queue = Queue::new(&nodes, &selection, command);
            let full = dbt_selector::Queue::new(&graph, &selection, command);
            for (id, score) in &full.scores {
                assert_eq!(
                    queue.scores[place(id)],
                    *score,
                    "{command:?} {words:?} {id}"
                );
            }
            let mut parents = vec![Vec::new(); nodes.len()];
            for (from, to) in &full.edges {
                parents[place(to)].push(place(from));
            }
            let full = Queue::of(parents, queue.is_queued.clone());
            let takes: Vec<u64> = (1..).map(|at| at * 7919 % 101).take(nodes.len()).collect();
            for threads in [1, 3] {
                assert_eq!(
                    simulate(&queue, &takes, threads),
                    simulate(&full, &takes, threads)
                );
            }
        }
    }
}

/// Graphs whose nodes depend on nodes before them: the parents, which nodes are queued, and how long each takes.
fn graphs() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<bool>, Vec<u64>)> {
    let node = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        any::<bool>(),
        0..50_u64,
    );
    prop::collection::vec(node, 1..40).prop_map(|nodes| {
        let parents = nodes.iter().enumerate().map(|(place, (parents, ..))| {
            let parents = parents
                .iter()
                .filter(|_| place > 0)
                .map(|parent| parent.index(place.max(1)));
            parents.collect::<BTreeSet<usize>>().into_iter().collect()
        });
        let queued = nodes.iter().map(|(_, queued, _)| *queued);
        let takes = nodes.iter().map(|(.., takes)| *takes);
        (parents.collect(), queued.collect(), takes.collect())
    })
}

proptest! {
    #[test]
    fn a_simulation_respects_the_graph_and_the_threads((parents, queued, takes) in graphs(), threads in 1_usize..6) {
        let queue = Queue::of(parents.clone(), queued.clone());
        let slots = simulate(&queue, &takes, threads);
        let mut ends = vec![None; parents.len()];
        slots.iter().for_each(|slot| ends[slot.node] = Some(slot.end));
        prop_assert_eq!(slots.len(), queued.iter().filter(|queued| **queued).count());
        for slot in &slots {
            prop_assert!(queued[slot.node]);
            prop_assert_eq!(slot.end - slot.start, takes[slot.node]);
            let mut open = parents[slot.node].clone();
            while let Some(node) = open.pop() {
                match ends[node] {
                    Some(end) => prop_assert!(end <= slot.start),
                    None => open.extend(&parents[node]),
                }
            }
            let busy = slots.iter().filter(|other| other.start <= slot.start && slot.start < other.end);
            prop_assert!(busy.count() <= threads);
        }
        prop_assert!(slots.is_sorted_by_key(|slot| slot.start));
        let whole = slots.iter().map(|slot| slot.end).max().unwrap_or_default();
        let work: u64 = slots.iter().map(|slot| slot.end - slot.start).sum();
        let (path, path_takes) = critical_path(&queue, &takes);
        prop_assert_eq!(path.iter().map(|node| takes[*node]).sum::<u64>(), path_takes);
        prop_assert!(path_takes <= whole && work.div_ceil(threads as u64) <= whole);
        let unlimited = simulate(&queue, &takes, parents.len());
        prop_assert_eq!(unlimited.iter().map(|slot| slot.end).max().unwrap_or_default(), path_takes);
        if threads == 1 {
            prop_assert_eq!(whole, work);
        }
    }
}

/// A run whose nodes take these numbers of seconds, one after another, and that takes 3 seconds beside them.
fn run(nodes: &[(&str, NodeStatus, u64)]) -> RunRecord {
    let mut at = 2000;
    let records = nodes.iter().map(|(id, status, seconds)| {
        let start = at;
        at += seconds * 1000;
        (
            (*id).to_owned(),
            NodeRecord(status.clone(), start, seconds * 1000),
        )
    });
    let nodes = records.collect();
    RunRecord {
        run_id: Uuid::nil(),
        invocation_id: None,
        command: "build".to_owned(),
        selection: Uuid::nil(),
        started: Timestamp::UNIX_EPOCH,
        ended: Timestamp::UNIX_EPOCH + Duration::from_millis(at + 1000),
        is_complete: true,
        url: None,
        nodes,
    }
}

#[test]
fn durations_are_medians_of_the_last_ten_runs() {
    let of = |seconds| run(&[("model.tiny.events", NodeStatus::Success, seconds)]);
    let long_ago = (0..10).map(|_| of(1000));
    let runs: Vec<RunRecord> = long_ago.chain((1..=10).map(of)).collect();
    let manifest = manifest("runs/1.11/manifest.json");
    let plan = plan_with(
        &manifest,
        Command::Run,
        &["events"],
        &Durations::of(&runs),
        1,
    );
    let takes: Vec<Option<f64>> = plan.nodes.iter().map(|node| node.expected_s).collect();
    // Three SQL hooks before it and one after it, which are guessed.
    assert_eq!(takes, [Some(5.5); 5]);
    assert_eq!((plan.unknown, plan.runs), (4, 20));
    assert_eq!(plan.total_expected_s, Some(5.0 * 5.5 + 3.0));
}

#[test]
fn nodes_without_a_history_count_as_others_of_their_type() {
    let runs = [run(&[
        ("model.tiny.events", NodeStatus::Success, 10),
        ("model.tiny.daily", NodeStatus::Error, 100),
        ("model.tiny.other", NodeStatus::Success, 20),
        ("seed.tiny.people", NodeStatus::Success, 2),
    ])];
    let manifest = manifest("runs/1.11/manifest.json");
    let words = ["events", "daily", "people", "stg"];
    let plan = plan_with(&manifest, Command::Build, &words, &Durations::of(&runs), 4);
    let takes = |name: &str| {
        plan.nodes
            .iter()
            .find(|node| node.unique_id == name)
            .unwrap()
            .expected_s
    };
    assert_eq!(takes("model.tiny.events"), Some(10.0));
    // A failure says nothing about the duration.
    assert_eq!(takes("model.tiny.daily"), Some(15.0));
    assert_eq!(
        plan.critical_path,
        ["model.tiny.events", "model.tiny.daily"]
    );
    let slowest = "model.tiny.daily".to_owned();
    assert_eq!(
        plan.limit,
        Limit::CriticalPath {
            slowest,
            share: 0.6
        }
    );
    let one = plan_with(&manifest, Command::Build, &words, &Durations::of(&runs), 1);
    assert!(matches!(one.limit, Limit::Threads { .. }));
    assert!(one.total_expected_s > plan.total_expected_s);
}

#[test]
fn without_a_history_nothing_is_expected() {
    let manifest = manifest("runs/1.11/manifest.json");
    let plan = plan_with(&manifest, Command::Build, &[], &Durations::default(), 4);
    assert_eq!(
        (plan.total_expected_s, &plan.limit),
        (None, &Limit::Unknown)
    );
    assert!(plan.nodes.iter().all(|node| node.expected_s.is_none()));
    let test = plan
        .nodes
        .iter()
        .find(|node| node.unique_id.starts_with("unit_test."))
        .unwrap();
    assert_eq!(test.reason, "unit test of model.tiny.mart");
}

#[test]
fn a_unit_test_without_its_model_does_not_run() {
    let manifest = manifest("runs/1.11/manifest.json");
    let ids = |command| {
        let plan = plan_with(
            &manifest,
            command,
            &["test_type:unit"],
            &Durations::default(),
            1,
        );
        plan.nodes.len()
    };
    assert_eq!(ids(Command::Build), 0);
    // With the SQL hooks.
    assert_eq!(ids(Command::Test), 5);
}

#[test]
fn files_that_changed_are_named() {
    let manifest = manifest("runs/1.11/manifest.json");
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
    let stale = |change: &dyn Fn(&mut Vec<FoundFile>)| {
        let models = manifest
            .iter()
            .filter(|node| node.unique_id.as_str().starts_with("model."));
        let mut files: Vec<FoundFile> = models
            .map(|node| FoundFile {
                path: node.original_file_path.to_string(),
                size: 10_000,
                modified: Some(written - Duration::from_secs(1)),
            })
            .collect();
        change(&mut files);
        stale_files(&manifest, Some("tiny"), &files, Some(written))
    };
    let first = |files: &[FoundFile]| files.first().unwrap().path.clone();
    assert_eq!(stale(&|_| {}), [""; 0]);
    let newer = stale(&|files| files[0].modified = Some(written));
    let shorter = stale(&|files| files[0].size = 1);
    let gone = stale(&|files| drop(files.remove(0)));
    stale(&|files| {
        let path = first(files);
        assert_eq!(newer, [format!("{path} is newer than the manifest")]);
        assert_eq!(
            shorter,
            [format!("{path} is shorter than its code in the manifest")]
        );
        assert_eq!(gone, [format!("{path} does not exist any more")]);
    });
}
