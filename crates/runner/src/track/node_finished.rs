//! What is sent when a node ends: its terminal state, its result and its closing line.

use jiff::Timestamp;

use super::closing_line::closing_line;
use super::lineage::NodeIndex;
use super::node_outcome::{NodeOutcome, task_run_state};
use super::node_progress::NodeProgress;
use super::tracked_run::TrackedNode;
use super::tracker::Tracker;
use crate::model::{Effect, LogLine, NodeEnd, NodeResult, State};

impl Tracker {
    /// Gives a node its terminal state, unless it has one.
    pub(super) fn finish_node(
        &mut self,
        ix: NodeIndex,
        mut outcome: NodeOutcome,
        out: &mut Vec<Effect>,
    ) {
        let root_failure = self.root_failure(ix, &outcome);
        let Some(node) = self.nodes.get_mut(&ix).filter(|node| !node.is_finished) else {
            return;
        };
        node.is_finished = true;
        node.root_failure = root_failure;
        let is_failure = outcome.is_failure();
        complete_message(&mut outcome, node);
        if outcome.is_skip() && self.run_info.is_dbt_2 && !node.is_running {
            // dbt 2 may start a node long before it skips it.
            node.started = outcome.ended.unwrap_or(node.started).max(node.started);
        }
        let started = node.started;
        let ended = match outcome.is_skip() {
            true => started,
            false => outcome.ended.unwrap_or(started).max(started),
        };
        if is_failure {
            self.note_failed_test(ix);
        }
        if self.hold_for_round(ix, &outcome, (root_failure, ended), out) {
            return;
        }
        let (state, result) = self.state_and_result(ix, outcome, root_failure);
        let has_task_run = !self.lineage.details(ix).is_ephemeral();
        if has_task_run {
            let closing = self.closing_line(ix, &state, ended);
            let end = NodeEnd {
                state: state.clone(),
                end_time: ended,
                result: result.clone(),
            };
            self.report_end(ix, end, out);
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

    /// A failed test makes `build` skip what is downstream of the nodes that it tests.
    fn note_failed_test(&mut self, ix: NodeIndex) {
        if self.lineage.details(ix).is_test() {
            for &tested in self.lineage.depends_on(ix) {
                self.failed_tests.entry(tested).or_insert(ix);
            }
        }
    }

    fn state_and_result(
        &self,
        ix: NodeIndex,
        outcome: NodeOutcome,
        root_failure: Option<NodeIndex>,
    ) -> (State, NodeResult) {
        let details = self.lineage.details(ix);
        let because_of = root_failure
            .filter(|&failed| failed != ix)
            .map(|failed| self.lineage.details(failed).unique_id.to_string());
        let state = task_run_state(
            &details.unique_id,
            &outcome,
            because_of.as_deref(),
            self.interrupted.is_some(),
        );
        let result = NodeResult {
            unique_id: details.unique_id.to_string(),
            resource_type: details.resource_type.to_string(),
            name: details.name.to_string(),
            status: outcome.status,
            message: outcome.message,
            execution_time: outcome.execution_time,
            // dbt writes 0 for nodes that are not tests.
            failures: outcome.failures.filter(|_| details.is_test()),
            adapter_response: outcome.adapter_response,
            skipped_because_of: because_of.filter(|_| state.name == "Skipped"),
        };
        (state, result)
    }

    fn closing_line(&self, ix: NodeIndex, state: &State, ended: Timestamp) -> Option<LogLine> {
        let (level, message) = closing_line(state);
        self.log_lines.includes(level).then(|| {
            LogLine::new(
                self.log_lines.after_all(ended, ix),
                level,
                message,
                Some(self.task_ref(ix)),
            )
        })
    }
}

/// Adds to the message what the node's other events say: a diagnostic, the exception, and the first batch that failed.
fn complete_message(outcome: &mut NodeOutcome, node: &mut NodeProgress) {
    let diagnostic = node.diagnostics.explain(&outcome.status);
    if !outcome.is_failure() {
        outcome.message = outcome.message.take().or(diagnostic);
        return;
    }
    let exception = node.provisional.take().and_then(|before| before.message);
    let message = outcome.message.take().or(exception).or(diagnostic);
    outcome.message = match (message, node.batches.first()) {
        (Some(message), Some(batch)) if !batch.ends_with(&message) => {
            Some(format!("{message}\n{batch}"))
        }
        (message, batch) => batch.or(message),
    };
}
