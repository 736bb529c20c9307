//! The task run of a node.

use jiff::Timestamp;

use super::lineage::NodeIndex;
use super::tracker::Tracker;
use crate::model::{Effect, TaskRef, TaskRun, dynamic_key, task_run_id};

impl Tracker {
    /// The task run of a node, as it is known now.
    pub(super) fn task_run(&mut self, ix: NodeIndex, status: Option<&str>) -> TaskRun {
        let wait_for = self
            .upstream
            .of(ix, &self.lineage, self.options.runs_unit_tests_first());
        let details = self.lineage.details(ix);
        TaskRun {
            id: self.task_id(ix),
            unique_id: details.unique_id.to_string(),
            dynamic_key: dynamic_key(self.options.run_id, self.options.attempt),
            name: details.task_name(),
            start_time: self
                .nodes
                .get(&ix)
                .map_or(Timestamp::UNIX_EPOCH, |node| node.started),
            wait_for: wait_for
                .into_iter()
                .map(|other| self.upstream_id(other))
                .collect(),
            labels: details.labels(status),
            earlier: self.healing.earlier(ix),
        }
    }

    /// Adds what the manifest says to an effect that is older than the manifest: edges, names and labels.
    pub fn complete(&mut self, effect: &mut Effect) {
        let (task, status) = match effect {
            Effect::NodeRunning(task) => (task, None),
            Effect::NodeFinished(task, end) => (task, Some(end.result.status.as_str())),
            _ => return,
        };
        if let Some(ix) = self.lineage.find(&task.unique_id) {
            *task = TaskRun {
                start_time: task.start_time,
                ..self.task_run(ix, status)
            };
        }
    }

    /// The task run of a node by id and name.
    pub(super) fn task_ref(&self, ix: NodeIndex) -> TaskRef {
        TaskRef {
            id: self.task_id(ix),
            name: self.lineage.details(ix).task_name(),
        }
    }

    /// The task run of an upstream node: an earlier one if the node does not run again.
    fn upstream_id(&self, ix: NodeIndex) -> uuid::Uuid {
        let earlier = self
            .options
            .earlier
            .get(&*self.lineage.details(ix).unique_id);
        let earlier = earlier.filter(|_| !self.nodes.contains_key(&ix));
        earlier.copied().unwrap_or_else(|| self.task_id(ix))
    }

    fn task_id(&self, ix: NodeIndex) -> uuid::Uuid {
        task_run_id(
            self.options.run_id,
            &self.lineage.details(ix).unique_id,
            self.options.attempt,
        )
    }
}
