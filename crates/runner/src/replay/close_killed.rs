//! What a killed process left open in its journal, and how that is closed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{
    Effect, LogLine, NodeEnd, NodeResult, RunEnd, State, StateKind, TaskRef, TaskRun,
};
use crate::store::Entry;
use crate::track::closing_line;

/// What is said of a node that was running.
const NODE: &str = "prefect-dbt was killed while the node was running: its journal ends there";
/// What is said of the run.
const RUN: &str = "prefect-dbt was killed during the run: its journal ends without the run's end";

/// Watches a journal go by, and in the end closes what is open. Pure.
#[derive(Debug, Default)]
pub(super) struct Closer {
    /// The nodes that are running, by when they began to.
    open: BTreeMap<usize, TaskRun>,
    begun: usize,
    last: Option<Timestamp>,
    is_over: bool,
}

impl Closer {
    /// Takes note of the next entry.
    pub(super) fn see(&mut self, entry: &Entry) {
        self.last = self.last.max(time_of(entry));
        let Entry::Effect(effect) = entry else { return };
        match &**effect {
            Effect::NodeRunning(task) => {
                self.open.insert(self.begun, task.clone());
                self.begun += 1;
            }
            Effect::NodeFinished(task, _) => self.open.retain(|_, open| open.id != task.id),
            Effect::RunFinished(_) => self.is_over = true,
            _ => {}
        }
    }

    /// Whether the run's end was among what was seen.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// The time of the youngest entry.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.last
    }

    /// What is missing of a journal of which everything was seen: nothing if it has the run's end; else the end of each
    /// node that was running and that of the run, all of them Crashed at the time of its last entry.
    pub(super) fn close(self) -> Vec<Effect> {
        let Some(at) = self.last.filter(|_| !self.is_over) else {
            return Vec::new();
        };
        let nodes = self.open.into_values().flat_map(|task| {
            let state = crashed(NODE);
            let line = last_line(&state, at, Some(&task));
            let end = NodeEnd {
                end_time: at.max(task.start_time),
                result: result_of(&task),
                state,
            };
            [line, Effect::NodeFinished(task, end)]
        });
        let state = crashed(RUN);
        let run = [
            last_line(&state, at, None),
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

fn last_line(state: &State, at: Timestamp, task: Option<&TaskRun>) -> Effect {
    let (level, message) = closing_line(state);
    Effect::Log(LogLine {
        at,
        level,
        message,
        task: task.map(|task| TaskRef {
            id: task.id,
            name: task.name.clone(),
        }),
    })
}

/// All that is known of a node that dbt reported nothing of.
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
        Effect::NodeFinished(_, end) => Some(end.end_time),
        Effect::Log(line) => Some(line.at),
        Effect::Asset(event) => Some(event.at),
        Effect::RunFinished(end) => Some(end.at),
        Effect::Total(_) | Effect::Summary(_) => None,
    }
}

#[cfg(test)]
mod tests;
