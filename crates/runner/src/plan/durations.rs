//! How long nodes take, from the history.

use std::collections::{BTreeMap, HashMap};

use crate::history::{LAST, RunRecord, median};

/// How long nodes took in earlier runs, in seconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Durations {
    /// The median of each node.
    nodes: HashMap<String, f64>,
    /// The median of the nodes of each resource type.
    kinds: BTreeMap<String, f64>,
    /// The median of all nodes.
    any: Option<f64>,
    /// What a run takes beside its nodes: to read the project before the first one, to write artifacts after the last one.
    pub(crate) around: f64,
    /// The number of earlier runs.
    pub(crate) runs: usize,
}

/// How long a node is expected to take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Expected {
    /// The node has run before, and took this number of seconds.
    Known(f64),
    /// It has not; others of its resource type took this number of seconds.
    Guessed(f64),
    /// Nothing has run before.
    Unknown,
}

impl Durations {
    /// The durations of these runs, the oldest first.
    pub(crate) fn of(runs: &[RunRecord]) -> Self {
        let mut all: HashMap<&str, Vec<f64>> = HashMap::new();
        for (id, node) in runs.iter().rev().flat_map(|run| &run.nodes) {
            let seconds = all.entry(id).or_default();
            if let Some(took) = node.work_seconds().filter(|_| seconds.len() < LAST) {
                seconds.push(took);
            }
        }
        let medians = all.into_iter();
        let medians = medians.filter_map(|(id, seconds)| Some((id.to_owned(), median(&seconds)?)));
        let nodes: HashMap<String, f64> = medians.collect();
        let mut kinds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for (id, seconds) in &nodes {
            kinds.entry(kind(id)).or_default().push(*seconds);
        }
        let kinds = kinds.into_iter();
        let kinds = kinds.filter_map(|(kind, all)| Some((kind.to_owned(), median(&all)?)));
        let around: Vec<f64> = runs.iter().filter_map(around).collect();
        Self {
            kinds: kinds.collect(),
            any: median(&nodes.values().copied().collect::<Vec<_>>()),
            nodes,
            around: median(&around).unwrap_or_default(),
            runs: runs.len(),
        }
    }

    /// How long a node is expected to take.
    pub(super) fn expected(&self, unique_id: &str) -> Expected {
        if let Some(seconds) = self.nodes.get(unique_id) {
            return Expected::Known(*seconds);
        }
        match self.kinds.get(kind(unique_id)).copied().or(self.any) {
            Some(seconds) => Expected::Guessed(seconds),
            None => Expected::Unknown,
        }
    }
}

impl Expected {
    /// The seconds, if there is anything to know them from.
    pub(super) fn seconds(self) -> Option<f64> {
        match self {
            Self::Known(seconds) | Self::Guessed(seconds) => Some(seconds),
            Self::Unknown => None,
        }
    }
}

/// The resource type, which begins a unique_id.
fn kind(unique_id: &str) -> &str {
    unique_id.split('.').next().unwrap_or_default()
}

/// The seconds of a complete run before its first node and after its last one.
fn around(run: &RunRecord) -> Option<f64> {
    let first = run.nodes.values().map(|node| node.1).min()?;
    let last = run.nodes.values().map(|node| node.1 + node.2).max()?;
    let whole = run.ended.duration_since(run.started).as_secs_f64();
    let nodes = std::time::Duration::from_millis(last - first).as_secs_f64();
    run.is_complete.then(|| (whole - nodes).max(0.0))
}
