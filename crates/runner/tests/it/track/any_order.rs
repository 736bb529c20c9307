//! `clone`, which starts nodes in any order.

use std::collections::{BTreeMap, BTreeSet};

use prefect_dbt::model::Effect;
use prefect_dbt::track::{Tracker, TrackerOptions};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use serde_json::json;
use uuid::Uuid;

use super::support::{exit, feed, manifest};

/// The nodes that `clone` can work at, each with the nearest of them upstream (an ephemeral model is skipped over).
const NODES: [(&str, &[&str]); 9] = [
    ("model.tiny.after_daily", &["model.tiny.daily"]),
    ("model.tiny.daily", &["model.tiny.events"]),
    ("model.tiny.events", &[]),
    ("model.tiny.leaf", &["model.tiny.mart"]),
    ("model.tiny.mart", &["model.tiny.stg"]),
    ("model.tiny.other", &[]),
    ("model.tiny.stg", &["seed.tiny.people"]),
    ("seed.tiny.people", &[]),
    ("snapshot.tiny.people_history", &["seed.tiny.people"]),
];

type Edges = BTreeMap<String, BTreeSet<String>>;

/// The edges among these nodes; those that are not selected are skipped over.
fn expected(selected: &[&str]) -> Edges {
    fn nearest(node: &str, selected: &[&str], found: &mut BTreeSet<String>) {
        let upstream = NODES.iter().find(|(id, _)| *id == node);
        let upstream = upstream.expect("one of the nodes").1;
        for above in upstream {
            match selected.contains(above) {
                true => {
                    found.insert((*above).to_owned());
                }
                false => nearest(above, selected, found),
            }
        }
    }
    let edges = selected.iter().map(|node| {
        let mut found = BTreeSet::new();
        nearest(node, selected, &mut found);
        ((*node).to_owned(), found)
    });
    edges.collect()
}

fn event(name: &str, node: &str, status: &str) -> String {
    json!({
        "info": {"name": name, "level": "debug", "msg": "", "ts": "2026-01-01T00:00:00Z", "invocation_id": "i"},
        "data": {
            "node_info": {"unique_id": node, "node_status": status},
            "run_result": {"status": status},
        },
    })
    .to_string()
}

fn node_count(count: usize) -> String {
    json!({
        "info": {"name": "ConcurrencyLine", "level": "info", "msg": "", "ts": "2026-01-01T00:00:00Z"},
        "data": {"node_count": count},
    })
    .to_string()
}

fn tracker(command: &str) -> Tracker {
    Tracker::new(TrackerOptions::new(Uuid::nil()).command(command))
}

/// The edges of the nodes that ended, each of which ended once.
fn edges(effects: &[Effect]) -> Edges {
    let ended = || {
        effects.iter().filter_map(|effect| match effect {
            Effect::NodeFinished(task, _) => Some(task),
            _ => None,
        })
    };
    let names: BTreeMap<_, _> = ended().map(|task| (task.id, &task.unique_id)).collect();
    assert_eq!(names.len(), ended().count(), "a node ended twice");
    let edges = ended().map(|task| {
        let upstream = task.wait_for.iter();
        let upstream = upstream.map(|id| names.get(id).map_or("?", |name| name).to_owned());
        (task.unique_id.clone(), upstream.collect())
    });
    edges.collect()
}

/// Starts and ends the nodes in this order, at most `threads` at a time; the one that ends next is chosen by `picks`.
fn run_of(nodes: &[&str], threads: usize, picks: &[Index]) -> Vec<String> {
    let (mut lines, mut running) = (vec![node_count(nodes.len())], Vec::new());
    let (mut waiting, mut picks) = (nodes.iter(), picks.iter().cycle());
    loop {
        while running.len() < threads {
            let Some(node) = waiting.next() else { break };
            lines.push(event("NodeStart", node, "started"));
            lines.push(event("NodeExecuting", node, "executing"));
            running.push(*node);
        }
        if running.is_empty() {
            return lines;
        }
        let ended = picks.next().map_or(0, |pick| pick.index(running.len()));
        let ended = running.remove(ended);
        lines.push(event("NodeFinished", ended, "success"));
    }
}

proptest! {
    #[test]
    fn clone_has_all_edges_in_whatever_order_nodes_start(
        nodes in subsequence(NODES.map(|(id, _)| id).to_vec(), 1..=NODES.len()).prop_shuffle(),
        threads in 1_usize..5,
        picks in prop::collection::vec(any::<Index>(), 9),
    ) {
        let (mut tracker, mut out) = (tracker("clone"), Vec::new());
        tracker.set_manifest(Some(manifest("good")));
        for line in run_of(&nodes, threads, &picks) {
            feed(&mut tracker, &line, &mut out);
        }
        // All nodes are known: no end waits for the end of dbt.
        prop_assert_eq!(edges(&out), expected(&nodes));
        tracker.close(exit(0), None, &mut out);
        prop_assert_eq!(edges(&out), expected(&nodes));
    }
}

#[test]
fn the_end_of_a_cloned_node_is_reported_as_soon_as_its_upstream_nodes_are_known() {
    let (mut tracker, mut out) = (tracker("clone"), Vec::new());
    tracker.set_manifest(Some(manifest("good")));
    feed(&mut tracker, &node_count(9), &mut out);
    for (name, node, ended) in [
        ("NodeStart", "model.tiny.daily", 0),
        ("NodeFinished", "model.tiny.daily", 0),
        ("NodeStart", "model.tiny.events", 1),
        ("NodeStart", "model.tiny.other", 1),
        ("NodeFinished", "model.tiny.other", 2),
    ] {
        let status = if name == "NodeStart" {
            "started"
        } else {
            "success"
        };
        feed(&mut tracker, &event(name, node, status), &mut out);
        assert_eq!(edges(&out).len(), ended, "{name} {node}");
    }
    // dbt is killed: the edges are those between the nodes that took part.
    tracker.close(exit(-9), None, &mut out);
    let selected = ["model.tiny.daily", "model.tiny.events", "model.tiny.other"];
    assert_eq!(edges(&out), expected(&selected));
}
