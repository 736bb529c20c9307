//! The summary of a run: which nodes failed, how many ended with each status, which took longest.

mod failure_text;
mod markdown;

use std::collections::BTreeMap;

use super::tracked_run::{TrackedNode, TrackedRun};
use crate::model::{NodeStatus, StateKind};

pub use failure_text::{failure_line, failure_text, headline};
pub(super) use failure_text::{failure_without_nodes, reports_failures};
pub use markdown::markdown;

/// How many nodes a list of names has.
const MOST_NAMES: usize = 20;

/// The summary of a run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// Number of nodes by dbt's status.
    pub counts: BTreeMap<String, usize>,
    /// The slowest nodes and their seconds, slowest first.
    pub slowest: Vec<(String, f64)>,
    /// For each failed node, how many nodes dbt skipped because of it.
    pub skipped_because_of: BTreeMap<String, usize>,
    /// From dbt's first event to its last, in seconds.
    pub seconds: Option<f64>,
    /// A line for each failed node, see [`failure_line`].
    pub failures: Vec<String>,
}

impl Summary {
    /// The summary of a run, with at most `slowest` nodes in [`slowest`](Self::slowest).
    #[must_use]
    pub fn new(run: &TrackedRun, slowest: usize) -> Self {
        let mut counts = BTreeMap::new();
        let mut skipped_because_of = BTreeMap::new();
        for node in &run.nodes {
            *counts.entry(status_of(node)).or_default() += 1;
            if let Some(cause) = &node.result.skipped_because_of {
                *skipped_because_of.entry(cause.clone()).or_default() += 1;
            }
        }
        let seconds = match (run.first_event, run.last_event) {
            (Some(first), Some(last)) => Some(last.duration_since(first).as_secs_f64()),
            _ => None,
        };
        let failures = failed(run).map(|node| failure_line(&node.result)).collect();
        Self {
            counts,
            slowest: slowest_of(run, slowest),
            skipped_because_of,
            seconds,
            failures,
        }
    }
}

/// What a stop cancelled: the nodes that were running, their queries, and the nodes that had not started. `None` for a
/// run that was not stopped, or in which there was nothing to stop.
pub fn stopped_line(run: &TrackedRun) -> Option<String> {
    run.interrupted.as_ref()?;
    let nodes: Vec<&str> = run
        .nodes
        .iter()
        .filter(|node| is_cancelled(node))
        .map(|node| node.result.unique_id.as_str())
        .collect();
    let queries: Vec<&str> = run.cancelled_queries.iter().map(String::as_str).collect();
    let waiting: Vec<&str> = run.not_started.iter().map(String::as_str).collect();
    let lists = [
        names("Cancelled while running", &nodes),
        names("Queries cancelled by dbt", &queries),
        names("Not started", &waiting),
    ];
    let lists: Vec<String> = lists.into_iter().flatten().collect();
    (!lists.is_empty()).then(|| lists.join(". "))
}

/// The nodes that succeeded when they ran again in the same attempt. `None` if there are none.
pub(crate) fn healed_line(run: &TrackedRun) -> Option<String> {
    let healed: Vec<&str> = run.healed.iter().map(String::as_str).collect();
    names(
        "Succeeded when they ran again after a transient failure",
        &healed,
    )
}

/// Names with a title; `None` if there are none.
pub(crate) fn names(what: &str, names: &[&str]) -> Option<String> {
    let shown = names.iter().take(MOST_NAMES).copied();
    let mut shown: Vec<String> = shown.map(str::to_owned).collect();
    if names.len() > MOST_NAMES {
        shown.push(format!("and {} more", names.len() - MOST_NAMES));
    }
    (!names.is_empty()).then(|| format!("{what}: {}", shown.join(", ")))
}

fn failed(run: &TrackedRun) -> impl Iterator<Item = &TrackedNode> {
    run.nodes
        .iter()
        .filter(|node| node.state.kind == StateKind::Failed)
}

/// dbt's status; a node without one counts under the name of its state. A node that an interrupt cancelled counts as
/// cancelled, whatever dbt calls it.
fn status_of(node: &TrackedNode) -> String {
    match &node.result.status {
        _ if is_cancelled(node) => NodeStatus::Cancelled.to_string(),
        NodeStatus::NotReported => node.state.name.to_ascii_lowercase(),
        status => status.to_string(),
    }
}

fn is_cancelled(node: &TrackedNode) -> bool {
    node.state.kind == StateKind::Cancelled && node.state.name == "Cancelled"
}

fn slowest_of(run: &TrackedRun, count: usize) -> Vec<(String, f64)> {
    let seconds = |node: &TrackedNode| node.end_time.duration_since(node.start_time).as_secs_f64();
    let ran = run
        .nodes
        .iter()
        .filter(|node| node.has_task_run && node.end_time > node.start_time);
    let mut all: Vec<_> = ran
        .map(|node| (node.result.unique_id.clone(), seconds(node)))
        .collect();
    all.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    all.truncate(count);
    all
}
