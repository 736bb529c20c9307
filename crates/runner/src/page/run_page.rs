//! The page of a run as values, which each format shows.

use std::collections::{BTreeMap, HashMap};

use dbt_manifest::{Manifest, Node};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::facts::{NodeFacts, RunFacts};
use super::lanes::lanes;
use super::upstream::Upstream;
use crate::history::{Comparison, NodeRecord, RunRecord, compare};
use crate::model::NodeStatus;
use crate::track::edges_of_run;

/// How many of the slowest nodes are named.
const SLOWEST: usize = 10;
/// How the unique_id of a SQL hook of the project starts.
const HOOK: &str = "operation.";
/// How many failures a page for people shows.
pub(super) const MOST_FAILURES: usize = 200;

/// The page of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Page {
    /// dbt's command, without `--vars` and `--args`.
    pub(crate) command: String,
    /// The final state, such as `Completed` or `Failed`.
    pub(crate) state: String,
    /// Why the run ended so.
    pub(crate) message: Option<String>,
    pub(crate) run_id: Option<Uuid>,
    /// dbt's id of the invocation.
    pub(crate) invocation_id: Option<String>,
    /// When the first node started, and when the last one ended.
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    /// The seconds between them.
    pub(crate) seconds: f64,
    /// The page of the flow run in Prefect's UI.
    pub(crate) link: Option<String>,
    /// How many nodes ended with each of dbt's statuses.
    pub(crate) counts: BTreeMap<String, usize>,
    /// How many nodes ran at the same time, at most.
    pub(crate) lanes: usize,
    /// The nodes in the order of their starts; those without times last.
    pub(crate) nodes: Vec<PageNode>,
    /// The node that ended last, before it the one that it waited for longest, and so on, in order. Hooks are left out: dbt runs them alone.
    pub(crate) critical_path: Vec<String>,
    /// The slowest nodes, the slowest first.
    pub(crate) slowest: Vec<String>,
    /// The nodes that failed.
    pub(crate) failures: Vec<String>,
    /// The nodes that a retry would run.
    pub(crate) retry: Vec<String>,
    /// What differs from earlier runs; `None` without a history.
    pub(crate) comparison: Option<Comparison>,
}

/// A node of a page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PageNode {
    pub(crate) unique_id: String,
    /// dbt's status; `not reported` in every format if the node did not end.
    #[serde(serialize_with = "serialize_status")]
    pub(crate) status: NodeStatus,
    pub(crate) is_failure: bool,
    /// Seconds after the start of the run; `None` if it is not known.
    pub(crate) starts: Option<f64>,
    /// Seconds that it took.
    pub(crate) seconds: Option<f64>,
    /// Its lane among the nodes that ran at the same time, from 0.
    pub(crate) lane: Option<usize>,
    pub(crate) message: Option<String>,
    /// Rows that failed a test.
    pub(crate) failed_rows: Option<i64>,
    /// The compiled code, relative to the project.
    pub(crate) compiled_path: Option<String>,
    /// The nodes of the run that it depends on.
    pub(crate) upstream: Vec<String>,
    /// For a failure: the nodes that were skipped below it.
    pub(crate) skipped_below: Vec<String>,
    /// For a failure: when it last succeeded, as far as the history goes.
    pub(crate) last_success: Option<Timestamp>,
}

impl Page {
    /// The page of a run. `history` are the records of the runs of its target, the oldest first; that of the run itself may be
    /// among them. `link` is the page of its flow run.
    pub(crate) fn new(
        facts: RunFacts,
        manifest: Option<&Manifest>,
        history: &[RunRecord],
        link: Option<String>,
    ) -> Self {
        let times = || facts.nodes.iter().filter_map(|node| node.times);
        let started = times().map(|(start, _)| start).min();
        let ended = times().map(|(_, end)| end).max();
        let mut all = facts.nodes;
        all.sort_by_key(|node| {
            node.times
                .map_or((true, started), |(start, _)| (false, Some(start)))
        });
        let run = (facts.run_id, facts.invocation_id.as_deref());
        let (earlier, own) = split_history(history, run, started);
        let own = own.cloned().unwrap_or_else(|| record(&all, started));
        let nodes = page_nodes(all, started, manifest, earlier);
        let (critical_path, nodes) = with_graph(nodes);
        let ids = |keep: &dyn Fn(&PageNode) -> bool| -> Vec<String> {
            let kept = nodes.iter().filter(|node| keep(node));
            kept.map(|node| node.unique_id.clone()).collect()
        };
        let failures = ids(&|node| node.is_failure);
        Self {
            command: facts.command,
            state: facts.state.unwrap_or_else(|| state_of(&nodes)),
            message: facts.message,
            run_id: facts.run_id,
            invocation_id: facts.invocation_id,
            started,
            ended,
            seconds: started
                .zip(ended)
                .map_or(0.0, |(from, to)| between(from, to)),
            link: link.filter(|link| is_web_link(link)),
            counts: counts(&nodes),
            lanes: nodes
                .iter()
                .filter_map(|node| Some(node.lane? + 1))
                .max()
                .unwrap_or_default(),
            critical_path,
            slowest: slowest(&nodes),
            retry: ids(&|node| !node.status.is_success()),
            failures,
            comparison: (!earlier.is_empty()).then(|| compare(&own, earlier)),
            nodes,
        }
    }

    /// Which runs the run was compared with, such as `the last 20 runs`.
    pub(super) fn compared_with(found: &Comparison) -> String {
        match found.runs {
            1 => "the run before".to_owned(),
            runs => format!("the last {runs} runs"),
        }
    }

    /// The node with this unique_id.
    pub(crate) fn node(&self, unique_id: &str) -> Option<&PageNode> {
        self.nodes.iter().find(|node| node.unique_id == unique_id)
    }
}

impl PageNode {
    /// The status for people and programs.
    pub(crate) fn status_text(&self) -> &str {
        status_text(&self.status)
    }
}

/// The runs before this one, and the record of this one if it is among them.
fn split_history<'r>(
    history: &'r [RunRecord],
    (run_id, invocation_id): (Option<Uuid>, Option<&str>),
    started: Option<Timestamp>,
) -> (&'r [RunRecord], Option<&'r RunRecord>) {
    let own = history.iter().position(|run| {
        run_id == Some(run.run_id)
            || run.invocation_id.is_some() && run.invocation_id.as_deref() == invocation_id
    });
    let before_start =
        || history.partition_point(|run| started.is_none_or(|start| run.started < start));
    let earlier = &history[..own.unwrap_or_else(before_start)];
    (earlier, own.map(|place| &history[place]))
}

/// How many nodes have each status.
fn counts(nodes: &[PageNode]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for node in nodes {
        *counts.entry(node.status_text().to_owned()).or_default() += 1;
    }
    counts
}

/// The state of a run that does not say it.
fn state_of(nodes: &[PageNode]) -> String {
    let is_any = |keep: fn(&PageNode) -> bool| nodes.iter().any(keep);
    let state = if is_any(|node| node.is_failure) {
        "Failed"
    } else if is_any(|node| node.status == NodeStatus::Cancelled) {
        "Cancelled"
    } else {
        "Completed"
    };
    state.to_owned()
}

fn status_text(status: &NodeStatus) -> &str {
    match status {
        NodeStatus::NotReported => "not reported",
        status => status.as_str(),
    }
}

fn serialize_status<S: Serializer>(status: &NodeStatus, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(status_text(status))
}

fn page_nodes(
    all: Vec<NodeFacts>,
    started: Option<Timestamp>,
    manifest: Option<&Manifest>,
    earlier: &[RunRecord],
) -> Vec<PageNode> {
    let spans = all.iter().filter_map(|node| {
        let ((start, end), first) = (node.times?, started?);
        Some((between(first, start), between(first, end)))
    });
    let spans: Vec<(f64, f64)> = spans.collect();
    let lanes = lanes(&spans);
    // Nodes without times are last.
    let mut timed = spans.into_iter().zip(lanes);
    let last_success = last_successes(earlier);
    let ids: Vec<&str> = all.iter().map(|node| node.unique_id.as_str()).collect();
    let edges = manifest.filter(|_| all.iter().any(|node| node.upstream.is_none()));
    let edges = edges.map(|manifest| edges_of_run(manifest, &ids));
    let mut edges = edges.into_iter().flatten();
    let nodes = all.into_iter().map(|node| {
        let found = manifest.and_then(|manifest| manifest.get(&node.unique_id));
        let span = node.times.and_then(|_| timed.next());
        let is_failure = is_failure(&node.status);
        let by_manifest = edges.next().unwrap_or_default();
        let upstream = node.upstream.unwrap_or(by_manifest);
        PageNode {
            is_failure,
            starts: span.map(|((start, _), _)| start),
            seconds: span.map(|((start, end), _)| end - start),
            lane: span.map(|(_, lane)| lane),
            message: node.message,
            failed_rows: node.failed_rows,
            compiled_path: found.and_then(compiled_path),
            upstream,
            skipped_below: Vec::new(),
            last_success: last_success
                .get(node.unique_id.as_str())
                .copied()
                .filter(|_| is_failure),
            unique_id: node.unique_id,
            status: node.status,
        }
    });
    nodes.collect()
}

/// Adds what follows from the graph: the chain that ended last, and what was skipped below each failure.
fn with_graph(mut nodes: Vec<PageNode>) -> (Vec<String>, Vec<PageNode>) {
    let ids: Vec<&str> = nodes.iter().map(|node| node.unique_id.as_str()).collect();
    let parents: Vec<Vec<String>> = nodes.iter().map(|node| node.upstream.clone()).collect();
    let graph = Upstream::new(&ids, &parents);
    let counts =
        |node: &PageNode| node.status != NodeStatus::Skipped && !node.unique_id.starts_with(HOOK);
    let ends: Vec<Option<f64>> = nodes
        .iter()
        .map(|node| Some(node.starts? + node.seconds?).filter(|_| counts(node)))
        .collect();
    let names = |places: Vec<usize>| -> Vec<String> {
        places
            .into_iter()
            .map(|place| nodes[place].unique_id.clone())
            .collect()
    };
    let chain = names(graph.last_chain(&ends));
    let is_skipped = |place: usize| nodes[place].status == NodeStatus::Skipped;
    let below: Vec<Vec<String>> = (0..nodes.len())
        .map(|place| match nodes[place].is_failure {
            true => names(graph.below(place, is_skipped)),
            false => Vec::new(),
        })
        .collect();
    for (node, below) in nodes.iter_mut().zip(below) {
        node.skipped_below = below;
        node.upstream.retain(|id| id != &node.unique_id);
    }
    (chain, nodes)
}

/// The record of a run that the history does not have.
fn record(nodes: &[NodeFacts], started: Option<Timestamp>) -> RunRecord {
    let started = started.unwrap_or(Timestamp::UNIX_EPOCH);
    let milliseconds = |from: Timestamp, to: Timestamp| {
        u64::try_from(to.duration_since(from).as_millis()).unwrap_or_default()
    };
    let records = nodes.iter().map(|node| {
        let (from, to) = node.times.unwrap_or((started, started));
        let record = NodeRecord(
            node.status.clone(),
            milliseconds(started, from),
            milliseconds(from, to),
        );
        (node.unique_id.clone(), record)
    });
    RunRecord {
        run_id: Uuid::nil(),
        invocation_id: None,
        command: String::new(),
        selection: Uuid::nil(),
        started,
        ended: started,
        is_complete: false,
        url: None,
        nodes: records.collect(),
    }
}

/// When each node last succeeded.
fn last_successes(earlier: &[RunRecord]) -> HashMap<&str, Timestamp> {
    let nodes = earlier
        .iter()
        .flat_map(|run| run.nodes.iter().map(move |node| (run.started, node)));
    let good = nodes.filter(|(_, (_, node))| node.succeeded() == Some(true));
    good.map(|(started, (id, _))| (id.as_str(), started))
        .collect()
}

fn slowest(nodes: &[PageNode]) -> Vec<String> {
    let timed = nodes
        .iter()
        .filter_map(|node| Some((node.seconds?, &node.unique_id)));
    let mut timed: Vec<(f64, &String)> = timed.filter(|(seconds, _)| *seconds > 0.0).collect();
    timed.sort_by(|a, b| b.0.total_cmp(&a.0));
    timed
        .into_iter()
        .take(SLOWEST)
        .map(|(_, id)| id.clone())
        .collect()
}

/// Whether a person has to look at the node: it failed, or its end is not known.
fn is_failure(status: &NodeStatus) -> bool {
    status.is_failure() || *status == NodeStatus::NotReported
}

fn compiled_path(node: &Node) -> Option<String> {
    node.fields()
        .text("compiled_path")
        .map(std::borrow::Cow::into_owned)
}

fn between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// Whether a link leads to a web page and holds no credentials.
fn is_web_link(link: &str) -> bool {
    let rest = link
        .strip_prefix("https://")
        .or_else(|| link.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_plain = |c: char| c.is_ascii_graphic() && !"<>\"".contains(c);
        !host.is_empty() && !host.contains('@') && link.chars().all(is_plain)
    })
}
