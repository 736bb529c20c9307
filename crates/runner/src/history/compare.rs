//! Compares a run with earlier ones. Pure.

use std::borrow::Borrow;
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
pub(crate) fn compare<R: Borrow<RunRecord>>(
    now: &RunRecord,
    earlier: impl IntoIterator<Item = R>,
) -> Comparison {
    let mut past = Past::before(now);
    for run in earlier {
        past.add(run.borrow());
    }
    past.compare()
}

/// What earlier runs say of the nodes of a run. They are added one by one: those of a large project would fill the memory.
struct Past<'a> {
    now: &'a RunRecord,
    /// The number of earlier runs.
    runs: usize,
    nodes: BTreeMap<&'a str, PastNode>,
    /// Nodes that the last run with the same command line has, and this one does not.
    gone: Vec<String>,
}

/// What earlier runs say of a node.
struct PastNode {
    is_new: bool,
    /// Whether it succeeded, of each run in which it ran to its end.
    results: Vec<bool>,
    /// Its durations, if it did its work now.
    durations: Option<Durations>,
}

impl<'a> Past<'a> {
    fn before(now: &'a RunRecord) -> Self {
        let unknown = |node: &NodeRecord| PastNode {
            is_new: true,
            results: Vec::new(),
            durations: node.work_seconds().map(Durations::new),
        };
        let nodes = now.nodes.iter();
        Self {
            now,
            runs: 0,
            nodes: nodes
                .map(|(id, node)| (id.as_str(), unknown(node)))
                .collect(),
            gone: Vec::new(),
        }
    }

    fn add(&mut self, run: &RunRecord) {
        for (id, node) in &run.nodes {
            let Some(past) = self.nodes.get_mut(id.as_str()) else {
                continue;
            };
            past.is_new = false;
            past.results.extend(node.succeeded());
            if let (Some(durations), Some(seconds)) = (&mut past.durations, node.work_seconds()) {
                durations.add(self.runs, seconds);
            }
        }
        let Self { now, nodes, .. } = self;
        if now.is_complete && run.is_alike(now.selection) {
            let gone = run
                .nodes
                .keys()
                .filter(|id| !nodes.contains_key(id.as_str()));
            self.gone = gone.cloned().collect();
        }
        self.runs += 1;
    }

    fn compare(self) -> Comparison {
        let mut found = Comparison {
            runs: self.runs,
            slowdown: 1.0,
            ..Comparison::default()
        };
        if self.runs == 0 {
            return found;
        }
        for (id, node) in &self.now.nodes {
            found.add_result(id, node, &self.nodes[id.as_str()]);
        }
        found.find_slower(self.runs, self.nodes);
        found.gone = self.gone;
        found
    }
}

fn flips(before: &[bool], now: bool) -> usize {
    let results: Vec<bool> = before.iter().copied().chain([now]).collect();
    results.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

impl Comparison {
    /// Compares the result of a node.
    fn add_result(&mut self, id: &str, node: &NodeRecord, past: &PastNode) {
        if past.is_new {
            self.new.push(id.to_owned());
            return;
        }
        let (Some(good), Some(last)) = (node.succeeded(), past.results.last()) else {
            return;
        };
        match (*last, good) {
            (true, false) => self.newly_failing.push(id.to_owned()),
            (false, true) => self.fixed.push(id.to_owned()),
            _ => {}
        }
        if flips(&past.results, good) >= FLIPS {
            self.flaky.push(id.to_owned());
        }
    }

    /// Compares the durations of the nodes.
    fn find_slower(&mut self, runs: usize, nodes: BTreeMap<&str, PastNode>) {
        let nodes = nodes.into_iter();
        let nodes: Vec<(&str, Durations)> = nodes
            .filter_map(|(id, node)| Some((id, node.durations?)))
            .filter(|(_, durations)| durations.are_enough())
            .collect();
        let all: Vec<&Durations> = nodes.iter().map(|(_, durations)| durations).collect();
        let noise = Noise::of(&all, runs);
        self.slowdown = noise.slowdown();
        let slower = nodes.iter().filter(|(_, node)| noise.is_exceeded(node));
        self.slower = slower
            .map(|(id, durations)| Slower {
                unique_id: (*id).to_owned(),
                seconds: durations.seconds(),
                usual: durations.usual_seconds(),
            })
            .collect();
    }

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
