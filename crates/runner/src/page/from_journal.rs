//! What a journal says of a run.

use std::collections::HashMap;

use uuid::Uuid;

use super::facts::{NodeFacts, RunFacts};
use crate::dbt::CommandLine;
use crate::model::{Effect, NodeEnd, NodeStatus, TaskRun};
use crate::store::{Entry, Header};

/// The state of a run whose journal has no end.
const NOT_FINISHED: &str = "Not finished";

/// Reads the entries of a journal one by one.
#[derive(Debug, Default)]
pub(crate) struct FactsOfJournal {
    facts: RunFacts,
    /// The task runs that each node waited for.
    waits: Vec<Vec<Uuid>>,
    /// The nodes by the ids of their task runs.
    ids: HashMap<Uuid, String>,
    /// Nodes that started and did not end.
    running: Vec<TaskRun>,
}

impl FactsOfJournal {
    /// Adds an entry.
    pub(crate) fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Header(header) => self.add_header(*header),
            Entry::Effect(effect) => match *effect {
                Effect::NodeRunning(task) | Effect::NodeAwaitingRetry(task, _) => {
                    self.running.retain(|running| running.id != task.id);
                    self.running.push(task);
                }
                Effect::NodeFinished(task, end) => {
                    self.running.retain(|running| running.id != task.id);
                    self.add_node(task, end);
                }
                Effect::RunFinished(end) => {
                    self.facts.state = Some(end.state.name.to_string());
                    self.facts.message = end.state.message.clone();
                }
                _ => {}
            },
        }
    }

    /// What the entries say. A node that did not end has no status.
    pub(crate) fn facts(mut self) -> RunFacts {
        self.facts
            .state
            .get_or_insert_with(|| NOT_FINISHED.to_owned());
        for task in std::mem::take(&mut self.running) {
            let times = Some((task.start_time, task.start_time));
            self.push(task, NodeStatus::NotReported, times, None, None);
        }
        for (node, waits) in self.facts.nodes.iter_mut().zip(&self.waits) {
            let ids = waits.iter().filter_map(|id| self.ids.get(id).cloned());
            node.upstream = Some(ids.collect());
        }
        self.facts
    }

    fn add_header(&mut self, header: Header) {
        self.facts.run_id = Some(header.run_id);
        self.facts.command = without_values(&header.args);
        self.facts.flow_run_id = header.flow.existing().map(|run| run.id);
        self.facts.api = header.api;
    }

    fn add_node(&mut self, task: TaskRun, end: NodeEnd) {
        let times = Some((task.start_time, end.end_time));
        let status = match &*end.state.name {
            "Cancelled" => NodeStatus::Cancelled,
            _ => end.result.status,
        };
        let message = end.result.message.or(end.state.message);
        self.push(task, status, times, message, end.result.failures);
    }

    fn push(
        &mut self,
        task: TaskRun,
        status: NodeStatus,
        times: Option<(jiff::Timestamp, jiff::Timestamp)>,
        message: Option<String>,
        failed_rows: Option<i64>,
    ) {
        self.ids.insert(task.id, task.unique_id.clone());
        self.waits.push(task.wait_for);
        self.facts.nodes.push(NodeFacts {
            unique_id: task.unique_id,
            status,
            times,
            message,
            failed_rows,
            upstream: None,
        });
    }
}

/// A command line without the flags whose values may hold secrets.
fn without_values(args: &[String]) -> String {
    let mut line = CommandLine::parse(args);
    line.retain(|given| !matches!(given.flag.name, "--vars" | "--args"));
    line.to_words().join(" ")
}
