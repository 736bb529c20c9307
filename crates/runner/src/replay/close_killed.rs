//! Closes the open task runs and the run of a killed process.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{
    Effect, LogLine, NodeEnd, NodeResult, RunEnd, State, StateKind, TaskRef, TaskRun,
};
use crate::store::Entry;
use crate::track::closing_line;

/// The message of a node that was running.
const NODE: &str = "prefect-dbt was killed while the node was running";
/// The messages of the run.
const RUN: &str = "prefect-dbt was killed during the run";
const BEFORE: &str = "prefect-dbt was killed before dbt started";

/// Follows a journal, and gives the effects that its end lacks. Pure.
#[derive(Debug, Default)]
pub(super) struct KilledRun {
    /// The running nodes, in the order of their start.
    open: BTreeMap<usize, TaskRun>,
    started: usize,
    last: Option<Timestamp>,
    /// Whether dbt was started.
    has_dbt: bool,
    has_ended: bool,
}

impl KilledRun {
    /// Takes the next entry.
    pub(super) fn add(&mut self, entry: &Entry) {
        self.last = self.last.max(time_of(entry));
        let effect = match entry {
            Entry::Header(header) => {
                // A flow of several invocations has no arguments, and no dbt of its own.
                self.has_dbt = header.start.is_some() || header.args.is_empty();
                return;
            }
            Entry::Effect(effect) => effect,
        };
        // Journals of earlier versions do not say how dbt was started.
        self.has_dbt = true;
        match &**effect {
            Effect::NodeRunning(task) | Effect::NodeAwaitingRetry(task, _) => {
                self.open.retain(|_, open| open.id != task.id);
                self.open.insert(self.started, task.clone());
                self.started += 1;
            }
            Effect::NodeFinished(task, _) => self.open.retain(|_, open| open.id != task.id),
            Effect::RunFinished(_) => self.has_ended = true,
            _ => {}
        }
    }

    /// Whether the end of the run was among the entries.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The time of the newest entry.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// The effects that are missing at the end of the journal: none if it has the end of the run; else the ends of all running
    /// nodes and of the run, all of them Crashed at the time of the newest entry.
    pub(super) fn close(self) -> Vec<Effect> {
        let Some(at) = self.last.filter(|_| !self.has_ended) else {
            return Vec::new();
        };
        let nodes = self.open.into_values().flat_map(|task| {
            let state = crashed(NODE);
            let line = closing_log(&state, at, Some(&task));
            let end = NodeEnd {
                end_time: at.max(task.start_time),
                result: result_of(&task),
                state,
            };
            [line, Effect::NodeFinished(task, end)]
        });
        let state = crashed(if self.has_dbt { RUN } else { BEFORE });
        let run = [
            closing_log(&state, at, None),
            Effect::RunFinished(RunEnd {
                state,
                dbt_exit: None,
                at,
            }),
        ];
        nodes.chain(run).collect()
    }
}

fn crashed(message: &str) -> State {
    State {
        kind: StateKind::Crashed,
        name: "Crashed".to_owned(),
        message: Some(message.to_owned()),
    }
}

fn closing_log(state: &State, at: Timestamp, task: Option<&TaskRun>) -> Effect {
    let (level, message) = closing_line(state);
    let task = task.map(|task| TaskRef {
        id: task.id,
        name: task.name.clone(),
    });
    Effect::Log(LogLine::new(at, level, message, task))
}

/// The result of a node for which dbt reported none.
fn result_of(task: &TaskRun) -> NodeResult {
    let (resource_type, name) = task.name.split_once(' ').unwrap_or(("", &task.name));
    NodeResult {
        unique_id: task.unique_id.clone(),
        resource_type: resource_type.to_owned(),
        name: name.to_owned(),
        message: Some(NODE.to_owned()),
        ..NodeResult::default()
    }
}

fn time_of(entry: &Entry) -> Option<Timestamp> {
    let effect = match entry {
        Entry::Header(header) => return Some(header.created),
        Entry::Effect(effect) => effect,
    };
    match &**effect {
        Effect::NodeRunning(task) => Some(task.start_time),
        Effect::NodeAwaitingRetry(_, wait) => Some(wait.failed),
        Effect::NodeFinished(_, end) => Some(end.end_time),
        Effect::Log(line) => Some(line.at),
        Effect::Asset(event) => Some(event.at),
        Effect::RunFinished(end) => Some(end.at),
        Effect::Total(_) | Effect::Remaining(_) | Effect::Summary(_) => None,
    }
}

#[cfg(test)]
mod tests;
