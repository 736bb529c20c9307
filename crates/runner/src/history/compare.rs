//! Compares a run with earlier ones. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::noise::{Durations, Noise};
use super::record::{NodeRecord, RunRecord};

/// How often the result of a flaky node changes between good and bad, at least.
const FLIPS: usize = 3;
/// How many names a line of the summary has.
const MOST_NAMES: usize = 10;

/// What differs from earlier runs. The lists are sorted by unique_id.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Comparison {
    /// The number of earlier runs.
    pub(crate) runs: usize,
    /// Nodes that fail now and succeeded the last time they ran.
    pub(crate) newly_failing: Vec<String>,
    /// Nodes that succeed now and failed the last time they ran.
    pub(crate) fixed: Vec<String>,
    /// Nodes whose result changed between success and failure at least three times.
    pub(crate) flaky: Vec<String>,
    /// Nodes that are slower than usual by more than noise, for the first or the second time: a node that stays slow is usual.
    pub(crate) slower: Vec<Slower>,
    /// Nodes that no earlier run has.
    pub(crate) new: Vec<String>,
    /// Nodes that the last run with the same command line has, and this one does not.
    pub(crate) gone: Vec<String>,
    /// By which factor the nodes of the run were slower than usual altogether; 1 if they were not.
    pub(crate) slowdown: f64,
}

/// A node that is slower than usual.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Slower {
    pub(crate) unique_id: String,
    /// Its duration in seconds.
    pub(crate) seconds: f64,
    /// The median of its earlier durations in seconds.
    pub(crate) usual: f64,
}

/// Compares a run with the runs before it, the oldest first. Without earlier runs, nothing differs.
pub(crate) fn compare(now: &RunRecord, earlier: &[RunRecord]) -> Comparison {
    let mut found = Comparison {
        runs: earlier.len(),
        slowdown: 1.0,
        ..Comparison::default()
    };
    if earlier.is_empty() {
        return found;
    }
    let past = past(earlier);
    for (id, node) in &now.nodes {
        let Some(past) = past.get(id.as_str()) else {
            found.new.push(id.clone());
            continue;
        };
        let before: Vec<bool> = past.iter().filter_map(|node| node.succeeded()).collect();
        let (Some(good), Some(last)) = (node.succeeded(), before.last()) else {
            continue;
        };
        match (*last, good) {
            (true, false) => found.newly_failing.push(id.clone()),
            (false, true) => found.fixed.push(id.clone()),
            _ => {}
        }
        if flips(&before, good) >= FLIPS {
            found.flaky.push(id.clone());
        }
    }
    find_slower(now, earlier, &mut found);
    found.gone = gone(now, earlier);
    found
}

/// The records of each node, the oldest first.
fn past(earlier: &[RunRecord]) -> BTreeMap<&str, Vec<&NodeRecord>> {
    let mut past: BTreeMap<&str, Vec<&NodeRecord>> = BTreeMap::new();
    for (id, node) in earlier.iter().flat_map(|run| &run.nodes) {
        past.entry(id).or_default().push(node);
    }
    past
}

fn flips(before: &[bool], now: bool) -> usize {
    let results: Vec<bool> = before.iter().copied().chain([now]).collect();
    results.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

fn find_slower(now: &RunRecord, earlier: &[RunRecord], found: &mut Comparison) {
    let nodes = now.nodes.iter();
    let nodes =
        nodes.filter_map(|(id, node)| Some((id.as_str(), Durations::new(node.work_seconds()?))));
    let mut nodes: BTreeMap<&str, Durations> = nodes.collect();
    for (run, record) in earlier.iter().enumerate() {
        for (id, node) in &record.nodes {
            if let Some(durations) = nodes.get_mut(id.as_str())
                && let Some(seconds) = node.work_seconds()
            {
                durations.add(run, seconds);
            }
        }
    }
    nodes.retain(|_, durations| durations.are_enough());
    let noise = Noise::of(&nodes.values().collect::<Vec<_>>(), earlier.len());
    found.slowdown = noise.slowdown();
    let slower = nodes.iter().filter(|(_, node)| noise.is_exceeded(node));
    found.slower = slower
        .map(|(id, durations)| Slower {
            unique_id: (*id).to_owned(),
            seconds: durations.seconds(),
            usual: durations.usual_seconds(),
        })
        .collect();
}

fn gone(now: &RunRecord, earlier: &[RunRecord]) -> Vec<String> {
    let mut earlier = earlier.iter().rev().filter(|_| now.is_complete);
    let Some(last) = earlier.find(|run| run.is_alike(now.selection)) else {
        return Vec::new();
    };
    let gone = last.nodes.keys().filter(|id| !now.nodes.contains_key(*id));
    gone.cloned().collect()
}

impl Comparison {
    /// The lines of the summary: newly failing, fixed, slower than usual. One that has nothing to say is left out.
    pub(crate) fn lines(&self) -> Vec<String> {
        let code = |id: &String| format!("`{id}`");
        let slower = |node: &Slower| {
            let Slower {
                unique_id,
                seconds,
                usual,
            } = node;
            format!("`{unique_id}` {seconds:.1} s (usually {usual:.1} s)")
        };
        let lines = [
            line("Newly failing", self.newly_failing.iter().map(code)),
            line("Fixed", self.fixed.iter().map(code)),
            line("Slower than usual", self.slower.iter().map(slower)),
        ];
        lines.into_iter().flatten().collect()
    }
}

fn line(title: &str, names: impl ExactSizeIterator<Item = String>) -> Option<String> {
    let count = names.len();
    let mut shown: Vec<String> = names.take(MOST_NAMES).collect();
    if count > shown.len() {
        shown.push(format!("and {} more", count - shown.len()));
    }
    (count > 0).then(|| format!("**{title}**: {}", shown.join(", ")))
}
