use std::sync::Arc;

use dbt_events::{Line, decode};
use dbt_manifest::Manifest;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::track::{ProcessEnd, TrackedRun, TrackerOptions};

const DEADLOCK: &str = "Database Error\n  deadlock detected";
const BUG: &str = "division by zero";

/// `a` and `c` have no upstream node; `b` is below `a`, and `d` below `b` and `c`.
const EDGES: [(&str, &[&str]); 4] = [("a", &[]), ("b", &["a"]), ("c", &[]), ("d", &["b", "c"])];

fn id(name: &str) -> String {
    format!("model.p.{name}")
}

fn manifest() -> Arc<Manifest> {
    let node = |(name, above): &(&str, &[&str])| {
        let above: Vec<_> = above.iter().map(|name| id(name)).collect();
        let node = json!({ "unique_id": id(name), "resource_type": "model", "name": name, "package_name": "p", "path": "",
            "original_file_path": "", "fqn": ["p", name], "config": {"materialized": "table"},
            "depends_on": {"nodes": above} });
        (id(name), node)
    };
    let nodes: serde_json::Map<_, _> = EDGES.iter().map(node).collect();
    let schema = "https://schemas.getdbt.com/dbt/manifest/v12.json";
    let text = json!({ "metadata": {"dbt_schema_version": schema, "adapter_type": "postgres"}, "nodes": nodes });
    Arc::new(Manifest::from_slice(text.to_string().as_bytes()).expect("a manifest"))
}

/// A run whose events a test makes.
struct Run {
    tracker: Tracker,
    effects: Vec<Effect>,
    second: i64,
    invocation: &'static str,
}

impl Run {
    fn new(rounds: u32) -> Self {
        let policy = HealPolicy {
            rounds,
            ..HealPolicy::default()
        };
        let mut tracker = Tracker::new(TrackerOptions::new(Uuid::nil()).heal(policy));
        tracker.set_manifest(Some(manifest()));
        Self {
            tracker,
            effects: Vec::new(),
            second: 0,
            invocation: "first",
        }
    }

    fn event(&mut self, name: &str, node: &str, status: &str, message: &str) {
        self.second += 1;
        let at = Timestamp::new(self.second, 0).expect("a time");
        let is_over = name == "NodeFinished" && status != "skipped";
        let info = json!({ "name": name, "invocation_id": self.invocation, "level": "info", "msg": "", "ts": at, "code": "",
            "pid": 1, "thread": "" });
        let started = Timestamp::new(self.second - i64::from(is_over), 0).expect("a time");
        let finished = if is_over {
            at.to_string()
        } else {
            String::new()
        };
        let of_node = json!({ "unique_id": id(node), "node_name": node, "resource_type": "model", "materialized": "table",
            "node_status": status, "node_started_at": started, "node_finished_at": finished });
        let data =
            json!({ "node_info": of_node, "run_result": {"status": status, "message": message} });
        let line = json!({ "info": info, "data": data }).to_string();
        let Line::Event(event) = decode(&line) else {
            panic!("{line}")
        };
        self.tracker.on_event(&event, &mut self.effects);
    }

    fn node(&mut self, node: &str, status: &str, message: &str) {
        self.event("NodeStart", node, "started", "");
        if status != "skipped" {
            self.event("LogStartLine", node, "started", "");
        }
        self.event("NodeFinished", node, status, message);
    }

    fn round(&mut self) -> Option<HealRound> {
        self.tracker.next_round(&mut self.effects)
    }

    fn close(self) -> (Vec<String>, TrackedRun) {
        let Self {
            tracker,
            mut effects,
            ..
        } = self;
        let run = tracker.close(
            ProcessEnd::exited(1, Timestamp::UNIX_EPOCH),
            None,
            &mut effects,
        );
        (shown(&effects), run)
    }
}

/// What happened to nodes, in order: name, number of the run, state.
fn shown(effects: &[Effect]) -> Vec<String> {
    let line = |effect: &Effect| {
        let (task, state) = match effect {
            Effect::NodeRunning(task) => (task, "Running"),
            Effect::NodeAwaitingRetry(task, _) => (task, "AwaitingRetry"),
            Effect::NodeFinished(task, end) => (task, end.state.name.as_str()),
            _ => return None,
        };
        Some(format!("{} {} {state}", task.name, task.run_count()))
    };
    effects.iter().filter_map(line).collect()
}

#[test]
fn a_failure_is_no_end_and_what_is_below_it_waits() {
    let mut run = Run::new(2);
    run.node("a", "error", DEADLOCK);
    run.node("c", "success", "");
    run.node("b", "skipped", "");
    run.node("d", "skipped", "");
    let round = run.round().expect("a round");
    assert_eq!(
        (round.number, round.failed, round.skipped),
        (1, vec![id("a")], vec![id("b"), id("d")])
    );
    run.tracker.begin_round();
    run.invocation = "second";
    for node in ["a", "b", "d"] {
        run.node(node, "success", "");
    }
    run.tracker.end_round(true);
    assert!(!run.tracker.has_failures());
    assert_eq!(run.round(), None);
    let (shown, run) = run.close();
    insta::assert_debug_snapshot!(shown);
    assert_eq!(run.healed, [id("a")]);
    assert_eq!(run.invocation_id.as_deref(), Some("second"));
}

#[test]
fn what_is_also_below_a_final_failure_is_not_run() {
    let mut run = Run::new(1);
    run.node("a", "error", DEADLOCK);
    run.node("b", "skipped", "");
    run.node("d", "skipped", "");
    run.node("c", "error", BUG);
    let round = run.round().expect("a round");
    assert_eq!(
        (round.failed, round.skipped),
        (vec![id("a")], vec![id("b")])
    );
    let (shown, _) = run.close();
    assert!(shown.contains(&"model d 1 Skipped".to_owned()), "{shown:?}");
}

#[test]
fn a_round_that_does_not_run_a_node_leaves_its_failure() {
    let mut run = Run::new(1);
    run.node("a", "error", DEADLOCK);
    run.node("b", "skipped", "");
    assert!(run.round().is_some());
    run.tracker.begin_round();
    run.tracker.end_round(false);
    assert!(run.tracker.has_failures());
    assert_eq!(run.tracker.invocation_id(), Some("first"));
    assert_eq!(run.round(), None);
    let (shown, tracked) = run.close();
    insta::assert_debug_snapshot!(shown);
    let message = tracked.nodes[0].state.message.as_deref();
    assert!(
        message.is_some_and(|message| message.ends_with(DEADLOCK)),
        "{message:?}"
    );
}

#[test]
fn a_failure_before_a_stop_stays_a_failure() {
    let mut run = Run::new(3);
    run.node("a", "error", DEADLOCK);
    assert!(run.round().is_some());
    run.tracker.interrupted("cancelled");
    assert_eq!(run.round(), None);
    run.node("c", "error", DEADLOCK);
    let (shown, _) = run.close();
    let ends: Vec<_> = shown
        .iter()
        .filter(|line| !line.contains("Running"))
        .collect();
    assert_eq!(
        ends,
        [
            "model a 1 AwaitingRetry",
            "model c 1 Cancelled",
            "model a 1 Failed"
        ]
    );
}

proptest! {
    /// Whatever happens in the rounds, each node that came into the run has one end, the last thing that happens to it.
    #[test]
    fn each_node_has_one_end(rounds in 0_u32..4, runs in proptest::collection::vec(
        proptest::collection::vec(0_usize..4, 4), 1..5)) {
        let mut run = Run::new(rounds);
        let mut todo: Vec<String> = EDGES.iter().map(|(name, _)| (*name).to_owned()).collect();
        for outcomes in runs {
            let mut failed: Vec<&str> = Vec::new();
            for (at, (name, above)) in EDGES.iter().enumerate().filter(|(_, (name, _))| todo.iter().any(|id| id == name)) {
                if above.iter().any(|above| failed.contains(above)) {
                    failed.push(name);
                    run.node(name, "skipped", "");
                    continue;
                }
                match outcomes[at] {
                    0 => { failed.push(name); run.node(name, "error", DEADLOCK) }
                    1 => { failed.push(name); run.node(name, "error", BUG) }
                    2 => run.node(name, "success", ""),
                    _ => { failed.push(name); run.event("NodeStart", name, "started", "") }
                }
            }
            let Some(round) = run.round() else { break };
            todo = round.failed.iter().chain(&round.skipped).map(|id| id["model.p.".len()..].to_owned()).collect();
            run.tracker.begin_round();
            run.tracker.end_round(true);
            run.tracker.healing.reopened = run.tracker.healing.held.iter().map(|(ix, _)| *ix).collect();
        }
        let (shown, tracked) = run.close();
        let is_end = |line: &&String| !line.ends_with("Running") && !line.ends_with("AwaitingRetry");
        let ends = shown.iter().filter(is_end).count();
        prop_assert_eq!(ends, tracked.nodes.len(), "{:?}", shown);
        for (name, _) in EDGES {
            let of = |line: &&String| line.starts_with(&format!("model {name} "));
            prop_assert!(shown.iter().filter(of).filter(is_end).count() <= 1, "{:?}", shown);
            let last = shown.iter().rfind(of);
            prop_assert!(last.is_none_or(|last| is_end(&last)), "{:?}", shown);
        }
    }
}
