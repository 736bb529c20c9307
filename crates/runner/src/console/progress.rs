//! What is known of the progress of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::model::{Effect, ExpectedRun, StateKind};

/// Counts the nodes of a run.
#[derive(Debug, Default)]
pub(super) struct Progress {
    shown: ShownProgress,
    expected: Option<Arc<ExpectedRun>>,
    /// The expected seconds of the nodes that have ended.
    done_seconds: f64,
    /// The nodes that ended before it was known what is expected.
    ended: Vec<String>,
}

/// What the progress line shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ShownProgress {
    /// When the run started.
    pub(super) started: Option<Timestamp>,
    /// How many nodes dbt is going to run.
    pub(super) total: Option<u32>,
    pub(super) done: u32,
    pub(super) failed: u32,
    /// The nodes that run now, in the order of their starts.
    pub(super) running: Vec<RunningNode>,
    /// What is expected of the nodes that have not ended; `None` without a history.
    pub(super) rest: Option<ExpectedRest>,
}

/// A node that runs now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RunningNode {
    id: Uuid,
    pub(super) name: String,
    pub(super) since: Timestamp,
    /// How many seconds it is expected to take; 0 if it is not known.
    pub(super) expected: f64,
}

/// What is expected of the nodes that have not ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ExpectedRest {
    /// The seconds of all nodes that have not ended.
    pub(super) seconds: f64,
    /// The seconds of the run for each second of a node: nodes run at the same time.
    pub(super) scale: f64,
}

impl Progress {
    /// The progress of a run that started at this time.
    pub(super) fn begin(&mut self, started: Timestamp) {
        self.shown.started = Some(started);
    }

    /// What earlier runs say. Only the first call counts.
    pub(super) fn expect(&mut self, expected: &Arc<ExpectedRun>) {
        if self.expected.is_none() {
            self.expected = Some(Arc::clone(expected));
            let ended = std::mem::take(&mut self.ended);
            self.done_seconds = ended.iter().map(|id| self.seconds(id)).sum();
            self.set_rest();
        }
    }

    /// Counts an effect. Returns whether something changed.
    pub(super) fn count(&mut self, effect: &Effect) -> bool {
        match effect {
            Effect::Total(total) => self.shown.total = Some(*total),
            Effect::NodeRunning(task) => self.shown.running.push(RunningNode {
                id: task.id,
                name: task.name.clone(),
                since: task.start_time,
                expected: self.seconds(&task.unique_id),
            }),
            Effect::NodeAwaitingRetry(task, _) => {
                self.shown.running.retain(|node| node.id != task.id);
            }
            Effect::NodeFinished(task, end) => {
                self.shown.running.retain(|node| node.id != task.id);
                self.shown.done += 1;
                self.shown.failed += u32::from(end.state.kind == StateKind::Failed);
                match self.expected {
                    Some(_) => self.done_seconds += self.seconds(&task.unique_id),
                    None => self.ended.push(task.unique_id.clone()),
                }
                self.set_rest();
            }
            _ => return false,
        }
        true
    }

    /// What the progress line shows.
    pub(super) fn shown(&self) -> ShownProgress {
        self.shown.clone()
    }

    fn nodes(&self) -> Option<&BTreeMap<String, f64>> {
        self.expected.as_ref().map(|expected| &expected.nodes)
    }

    fn seconds(&self, unique_id: &str) -> f64 {
        let seconds = self.nodes().and_then(|nodes| nodes.get(unique_id));
        seconds.copied().unwrap_or_default()
    }

    fn set_rest(&mut self) {
        let Some(expected) = &self.expected else {
            return;
        };
        let all: f64 = expected.nodes.values().sum();
        self.shown.rest = (all > 0.0).then(|| ExpectedRest {
            seconds: (all - self.done_seconds).max(0.0),
            scale: expected.seconds / all,
        });
    }
}
