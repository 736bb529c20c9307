//! The plan of a run.

use std::collections::BTreeMap;

use dbt_manifest::{Node, ResourceType};
use dbt_selector::{Command, Selection, SelectionGraph};
use serde::Serialize;

use super::durations::{Durations, Expected};
use super::queue::{Queue, nodes_of};
use super::simulation::{Slot, critical_path, simulate};
use super::sql_hooks::{ON_RUN_END, ON_RUN_START, runs_hooks, sql_hooks};

/// By how much a run may be longer than its critical path for that to be what limits it.
const NEARLY: f64 = 1.05;

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inputs<'a, 'm> {
    pub(crate) command: Command,
    pub(crate) graph: &'a SelectionGraph<'m>,
    pub(crate) selection: &'a Selection<'m>,
    pub(crate) durations: &'a Durations,
    /// The number of dbt's threads.
    pub(crate) threads: usize,
    /// Whether `source freshness` runs SQL hooks, if the project says.
    pub(crate) freshness_hooks: Option<bool>,
}

/// What a dbt command would run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RunPlan {
    /// dbt's command.
    pub(crate) command: String,
    /// The nodes in the order in which they start.
    pub(crate) nodes: Vec<PlannedNode>,
    /// How long dbt is expected to take from its first event to its last, in seconds; `None` without a history.
    pub(crate) total_expected_s: Option<f64>,
    /// The chain of nodes that takes longest, in order, without SQL hooks.
    pub(crate) critical_path: Vec<String>,
    /// Why the manifest may be out of date.
    pub(crate) stale: Vec<String>,
    /// What decides how long the run takes.
    #[serde(skip)]
    pub(crate) limit: Limit,
    /// The number of dbt's threads.
    #[serde(skip)]
    pub(crate) threads: usize,
    /// How many nodes have no history.
    #[serde(skip)]
    pub(crate) unknown: usize,
    /// How many runs are in the history.
    #[serde(skip)]
    pub(crate) runs: usize,
}

/// A node of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PlannedNode {
    pub(crate) unique_id: String,
    /// Its place in the order of starts, from 1.
    pub(crate) position: usize,
    /// How long it is expected to take, in seconds.
    pub(crate) expected_s: Option<f64>,
    /// Why it runs.
    pub(crate) reason: String,
    /// When it is expected to start, in seconds after the first node.
    #[serde(skip)]
    pub(crate) starts_s: Option<f64>,
}

/// What decides how long a run takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Limit {
    /// Nothing is known of durations, or there is nothing to run.
    Unknown,
    /// The critical path: more threads do not help.
    CriticalPath {
        /// The slowest node of it.
        slowest: String,
        /// Its part of the path, from 0 to 1.
        share: f64,
    },
    /// The number of threads.
    Threads {
        /// The whole duration with twice as many threads, in seconds.
        with_twice: f64,
    },
}

impl RunPlan {
    /// The plan of a run. `stale` says why the manifest may be out of date.
    pub(crate) fn new(inputs: Inputs<'_, '_>, stale: Vec<String>) -> Self {
        Planner::new(inputs).plan(stale)
    }
}

struct Planner<'a, 'm> {
    inputs: Inputs<'a, 'm>,
    nodes: Vec<&'m Node>,
    queue: Queue,
    /// The unit tests that run with each model of a `build`.
    unit_tests: BTreeMap<usize, Vec<&'m Node>>,
    /// How long each node takes with its unit tests, in microseconds.
    takes: Vec<u64>,
    unknown: usize,
}

impl<'a, 'm> Planner<'a, 'm> {
    fn new(inputs: Inputs<'a, 'm>) -> Self {
        let nodes = nodes_of(inputs.graph.manifest());
        let queue = Queue::new(&nodes, inputs.selection, inputs.command);
        let mut planner = Self {
            unit_tests: BTreeMap::new(),
            takes: vec![0; nodes.len()],
            unknown: 0,
            inputs,
            nodes,
            queue,
        };
        if inputs.command == Command::Build {
            planner.add_unit_tests();
        }
        for place in 0..planner.nodes.len() {
            let node = planner.nodes[place];
            if !planner.queue.is_queued[place] {
                continue;
            }
            if !is_ephemeral(node) {
                planner.takes[place] = planner.microseconds(node);
            }
            let tests = planner.unit_tests.get(&place).cloned();
            for test in tests.unwrap_or_default() {
                planner.takes[place] += planner.microseconds(test);
            }
        }
        planner
    }

    /// Unit tests whose model does not run, do not run either.
    fn add_unit_tests(&mut self) {
        let selected = self.inputs.selection.nodes().iter();
        for test in selected.filter(|node| node.resource_type == ResourceType::UnitTest) {
            let model = test.depends_on_nodes().next();
            let place = model.and_then(|model| {
                let by_id = |node: &&Node| node.unique_id.as_str().cmp(model);
                self.nodes.binary_search_by(by_id).ok()
            });
            if let Some(place) = place.filter(|place| self.queue.is_queued[*place]) {
                self.unit_tests.entry(place).or_default().push(test);
            }
        }
    }

    fn microseconds(&mut self, node: &Node) -> u64 {
        let expected = self.inputs.durations.expected(node.unique_id.as_str());
        if !matches!(expected, Expected::Known(_)) {
            self.unknown += 1;
        }
        microseconds(expected.seconds().unwrap_or_default())
    }

    fn plan(mut self, stale: Vec<String>) -> RunPlan {
        let inputs = self.inputs;
        let slots = simulate(&self.queue, &self.takes, inputs.threads);
        let (path, path_takes) = critical_path(&self.queue, &self.takes);
        let (before, after) = self.hooks(slots.is_empty());
        let mut list = NodeList {
            durations: inputs.durations,
            nodes: Vec::new(),
        };
        let mut now = list.add_hooks(&before, ON_RUN_START, 0);
        let offset = now;
        for slot in &slots {
            self.add_slot(&mut list, *slot, offset);
            now = now.max(offset + slot.end);
        }
        let whole = list.add_hooks(&after, ON_RUN_END, now);
        let around = inputs.durations.around;
        let has_history = inputs.durations.runs > 0;
        let is_empty = slots.is_empty();
        let hooks = whole - slots.iter().map(|slot| slot.end).max().unwrap_or_default();
        RunPlan {
            command: inputs.command.as_str().to_owned(),
            nodes: list.nodes,
            total_expected_s: has_history.then(|| rounded(seconds(whole) + around)),
            limit: match has_history && !is_empty {
                true => self.limit(&path, path_takes, &slots, seconds(hooks) + around),
                false => Limit::Unknown,
            },
            critical_path: path.iter().flat_map(|place| self.ids(*place)).collect(),
            stale,
            threads: inputs.threads,
            unknown: self.unknown,
            runs: inputs.durations.runs,
        }
    }

    /// The SQL hooks before and after the nodes. Without nodes, dbt does nothing.
    fn hooks(&mut self, is_empty: bool) -> (Vec<&'m Node>, Vec<&'m Node>) {
        let dialect = self.inputs.graph.dialect();
        if is_empty || !runs_hooks(self.inputs.command, dialect, self.inputs.freshness_hooks) {
            return (Vec::new(), Vec::new());
        }
        let project = self.inputs.graph.manifest().metadata();
        let project = project.project_name.as_deref();
        let of = |tag| sql_hooks(&self.nodes, project, tag);
        let (before, after) = (of(ON_RUN_START), of(ON_RUN_END));
        for hook in before.iter().chain(&after) {
            self.microseconds(hook);
        }
        (before, after)
    }

    /// The unit tests of a node, and the node itself if dbt runs it.
    fn members(&self, place: usize) -> impl Iterator<Item = &'m Node> {
        let own = Some(self.nodes[place]).filter(|node| !is_ephemeral(node));
        let tests = self.unit_tests.get(&place).into_iter().flatten().copied();
        tests.chain(own)
    }

    fn ids(&self, place: usize) -> Vec<String> {
        let ids = self.members(place).map(|node| node.unique_id.to_string());
        ids.collect()
    }

    fn add_slot(&self, list: &mut NodeList<'_>, slot: Slot, offset: u64) {
        let mut start = offset + slot.start;
        for node in self.members(slot.node) {
            let reason = match node.resource_type {
                ResourceType::UnitTest if self.inputs.command == Command::Build => {
                    format!("unit test of {}", self.nodes[slot.node].unique_id)
                }
                _ => "selected".to_owned(),
            };
            start += list.add(node, reason, start);
        }
    }

    /// What decides how long the run takes. `beside` are the seconds of a run beside its nodes.
    fn limit(&self, path: &[usize], path_takes: u64, slots: &[Slot], beside: f64) -> Limit {
        let whole = slots.iter().map(|slot| slot.end).max().unwrap_or_default();
        if seconds(whole) > seconds(path_takes) * NEARLY {
            let twice = simulate(&self.queue, &self.takes, self.inputs.threads.max(1) * 2);
            let twice = twice.iter().map(|slot| slot.end).max().unwrap_or_default();
            return Limit::Threads {
                with_twice: rounded(seconds(twice) + beside),
            };
        }
        let slowest = path.iter().max_by_key(|place| self.takes[**place]);
        match slowest.filter(|_| path_takes > 0) {
            Some(&slowest) => Limit::CriticalPath {
                slowest: self.nodes[slowest].unique_id.to_string(),
                share: seconds(self.takes[slowest]) / seconds(path_takes),
            },
            None => Limit::Unknown,
        }
    }
}

/// The nodes of a plan as they are added.
struct NodeList<'a> {
    durations: &'a Durations,
    nodes: Vec<PlannedNode>,
}

impl NodeList<'_> {
    /// Adds a node. Gives its duration in microseconds.
    fn add(&mut self, node: &Node, reason: String, start: u64) -> u64 {
        let expected = self.durations.expected(node.unique_id.as_str()).seconds();
        self.nodes.push(PlannedNode {
            unique_id: node.unique_id.to_string(),
            position: self.nodes.len() + 1,
            expected_s: expected.map(rounded),
            reason,
            starts_s: expected.map(|_| rounded(seconds(start))),
        });
        microseconds(expected.unwrap_or_default())
    }

    /// Adds SQL hooks, which run one after another. Gives the time after them.
    fn add_hooks(&mut self, hooks: &[&Node], reason: &str, start: u64) -> u64 {
        hooks.iter().fold(start, |now, hook| {
            now + self.add(hook, reason.to_owned(), now)
        })
    }
}

/// Whether the node only becomes a part of others: dbt runs nothing for it.
fn is_ephemeral(node: &Node) -> bool {
    node.config.materialized.as_deref() == Some("ephemeral")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "durations are positive, and shorter than 500 000 years"
)]
fn microseconds(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}

#[expect(clippy::cast_precision_loss, reason = "no run takes 2^52 microseconds")]
fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}

/// To milliseconds.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
