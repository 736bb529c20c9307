//! A node's terminal state.

use jiff::Timestamp;

use super::closing::closing_line;
use super::lineage::Ix;
use super::outcome;
use super::outcome::Outcome;
use super::run::TrackedNode;
use super::tracker::Tracker;
use crate::model::{
    Effect, LogLine, NodeEnd, NodeResult, State, TaskRef, TaskRun, dynamic_key, task_run_id,
};

impl Tracker {
    /// Brings a node to its terminal state.
    pub(super) fn end(&mut self, ix: Ix, outcome: Outcome, out: &mut Vec<Effect>) {
        let blame = self.blame(ix, &outcome);
        let Some(node) = self.nodes.get_mut(&ix).filter(|node| !node.is_over) else {
            return;
        };
        node.is_over = true;
        node.blame = blame;
        let facts = self.lineage.facts(ix);
        if outcome.is_failure() {
            // A test that fails makes `build` skip what is below the nodes that it tests.
            for &tested in self
                .lineage
                .depends_on(ix)
                .iter()
                .filter(|_| facts.is_test())
            {
                self.failed_tests.entry(tested).or_insert(ix);
            }
        }
        let started = node.started;
        let ended = if outcome.is_skip() {
            started
        } else {
            outcome.ended.unwrap_or(started).max(started)
        };
        let blamed = blame
            .filter(|&blamed| blamed != ix)
            .map(|blamed| self.lineage.facts(blamed).unique_id.to_string());
        let state = outcome::state(
            &facts.unique_id,
            &outcome,
            blamed.as_deref(),
            self.interrupted.is_some(),
        );
        let (has_task_run, is_failure) = (!facts.is_ephemeral(), outcome.is_failure());
        let result = NodeResult {
            unique_id: facts.unique_id.to_string(),
            resource_type: facts.resource_type.to_string(),
            name: facts.name.to_string(),
            status: outcome.status,
            message: outcome.message,
            execution_time: outcome.execution_time,
            // dbt writes 0 for nodes that are no test.
            failures: outcome.failures.filter(|_| facts.is_test()),
            adapter_response: outcome.adapter_response,
            skipped_because_of: blamed.filter(|_| state.name == "Skipped"),
        };
        if has_task_run {
            let task = self.task_run(ix, Some(result.status.as_str()));
            let closing = self.closing(ix, &task, &state, ended);
            let end = NodeEnd {
                state: state.clone(),
                end_time: ended,
                result: result.clone(),
            };
            out.push(Effect::NodeFinished(task, end));
            out.extend(closing.map(Effect::Log));
        }
        if has_task_run || is_failure {
            self.ended.push(TrackedNode {
                result,
                state,
                start_time: started,
                end_time: ended,
                has_task_run,
            });
        }
    }

    fn closing(&self, ix: Ix, task: &TaskRun, state: &State, ended: Timestamp) -> Option<LogLine> {
        let (level, message) = closing_line(state);
        self.logs.keeps(level).then(|| LogLine {
            at: self.logs.after_all(ended, ix),
            level,
            message,
            task: Some(TaskRef {
                id: task.id,
                name: task.name.clone(),
            }),
        })
    }

    /// The node that failed first on the way to this one's failure or skip.
    fn blame(&self, ix: Ix, outcome: &Outcome) -> Option<Ix> {
        if outcome.is_failure() {
            return Some(ix);
        }
        if !outcome.is_skip() {
            return None;
        }
        let own_tests = self.lineage.unit_tests(ix).iter();
        let above = own_tests.chain(self.lineage.depends_on(ix));
        let blamed = |other: &Ix| self.nodes.get(other).and_then(|node| node.blame);
        above
            .clone()
            .find_map(blamed)
            .or_else(|| {
                above
                    .clone()
                    .find_map(|other| self.failed_tests.get(other).copied())
            })
            .or(self.last_failed)
    }

    /// The task run of a node, as it is known now.
    pub(super) fn task_run(&mut self, ix: Ix, status: Option<&str>) -> TaskRun {
        let wait_for = self.upstream.of(ix, &self.lineage);
        let facts = self.lineage.facts(ix);
        TaskRun {
            id: self.task_id(ix),
            unique_id: facts.unique_id.to_string(),
            dynamic_key: dynamic_key(self.options.run_id, self.options.attempt),
            name: facts.task_name(),
            start_time: self
                .nodes
                .get(&ix)
                .map_or(Timestamp::UNIX_EPOCH, |node| node.started),
            wait_for: wait_for
                .into_iter()
                .map(|other| self.task_id(other))
                .collect(),
            labels: facts.labels(status),
        }
    }

    fn task_id(&self, ix: Ix) -> uuid::Uuid {
        task_run_id(
            self.options.run_id,
            &self.lineage.facts(ix).unique_id,
            self.options.attempt,
        )
    }
}
