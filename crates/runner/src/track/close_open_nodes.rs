//! The end of dbt's process: each node that is still open gets its terminal state.

use std::collections::HashMap;

use dbt_events::parse_timestamp;
use dbt_manifest::{RunResult, RunResults};
use jiff::Timestamp;

use super::lineage::NodeIndex;
use super::node_outcome::{NodeOutcome, plain_text};
use super::tracked_run::{ProcessEnd, TrackedRun};
use super::tracker::Tracker;
use super::verdict::OUT_OF_MEMORY;
use crate::model::{Effect, NodeStatus, StateKind};

impl Tracker {
    /// Ends the run, for whatever reason dbt's process ended. Nodes that are still open get their terminal state at the
    /// time when dbt died. Nodes that are in dbt's results alone get their terminal state from there. Results of another
    /// invocation than the stream's are ignored, and so are all results if there is no stream.
    pub fn close(
        mut self,
        end: ProcessEnd,
        results: Option<&RunResults>,
        out: &mut Vec<Effect>,
    ) -> TrackedRun {
        let last = self.run_info.last_event.unwrap_or(end.at);
        self.end_failed_hook(None, out);
        self.release_held(out);
        let listed = self.listed(results);
        for ix in self.mentioned.clone() {
            let provisional = self
                .nodes
                .get_mut(&ix)
                .filter(|node| !node.is_finished)
                .map(|node| node.provisional.take());
            let Some(provisional) = provisional else {
                continue;
            };
            let result = listed.get(&ix).map(|result| {
                if let (Some(node), Some(at)) = (self.nodes.get_mut(&ix), first_start(result)) {
                    node.starts_at(at);
                }
                NodeOutcome::of_artifact(result)
            });
            let outcome = self.outcome_of_open(ix, provisional, result, end, last);
            self.finish_node(ix, outcome, out);
        }
        self.add_messages(&listed);
        self.add_listed(results.filter(|_| !listed.is_empty()), last, out);
        self.release_all_ends(out);
        self.into_run(end)
    }

    /// Whether run_results.json can add anything to the events. It is long, and after a good run it repeats what is
    /// known.
    #[must_use]
    pub fn needs_results(&self, end: &ProcessEnd) -> bool {
        let has_open = self.nodes.values().any(|node| !node.is_finished);
        end.exit_code != Some(0) || self.nodes.is_empty() || has_open || self.has_lost_events
    }

    /// Tells the results that can add something to the events from those that repeat them.
    pub(crate) fn needed_results(&self) -> NeededResults<'_> {
        let ended = self.ended.iter().map(|node| &node.result);
        NeededResults {
            ended: ended
                .map(|result| (result.unique_id.as_str(), result.message.is_some()))
                .collect(),
        }
    }

    /// Ends the nodes that are in dbt's results alone: those that it never started and lists as skipped, and those whose
    /// events it could not write. All of them take part before the first one ends, so that they can wait for each other.
    fn add_listed(&mut self, results: Option<&RunResults>, last: Timestamp, out: &mut Vec<Effect>) {
        let mut added = Vec::new();
        let listed = results.into_iter().flat_map(|results| &results.results);
        // `run-operation` lists its macro, which is not a node.
        let is_node = |result: &&RunResult| !result.unique_id.as_str().starts_with("macro.");
        for result in listed.filter(is_node).filter(|result| !is_phantom(result)) {
            let ix = self.lineage.index_of(result.unique_id.as_str());
            if !self.nodes.contains_key(&ix) {
                self.add_node(ix, last);
                if let (Some(node), Some(at)) = (self.nodes.get_mut(&ix), first_start(result)) {
                    node.starts_at(at);
                }
                added.push((ix, result));
            }
        }
        for (ix, result) in added {
            self.finish_node(ix, NodeOutcome::of_artifact(result), out);
        }
    }

    /// Adds the messages of run_results.json to nodes whose events had none, unless the file contradicts the events. Events
    /// of dbt 2 never have one. A failed node always has a message.
    fn add_messages(&mut self, listed: &HashMap<NodeIndex, &RunResult>) {
        for node in &mut self.ended {
            let result = &mut node.result;
            if result.message.is_none()
                && let Some(listed) = listed.get(&self.lineage.index_of(&result.unique_id))
                && agree(&result.status, &NodeStatus::from(listed.status.as_str()))
            {
                result.message = listed.message.as_deref().and_then(plain_text);
            }
            if result.message.is_none() && node.state.kind == StateKind::Failed {
                result.message = Some(format!(
                    "dbt reported status {} and no message",
                    result.status
                ));
            }
        }
    }

    /// The results by node, if they are of this invocation.
    fn listed<'r>(&mut self, results: Option<&'r RunResults>) -> HashMap<NodeIndex, &'r RunResult> {
        let Some(results) = results else {
            return HashMap::new();
        };
        let theirs = results.metadata.invocation_id.as_deref();
        if theirs.is_none() || theirs != self.run_info.invocation_id.as_deref() {
            return HashMap::new();
        }
        results
            .results
            .iter()
            .filter(|result| !is_phantom(result))
            .map(|result| (self.lineage.index_of(result.unique_id.as_str()), result))
            .collect()
    }

    /// The outcome of a node whose end was not reported: from run_results.json unless its events contradict it, else what
    /// its events suggest, else from how the process ended.
    fn outcome_of_open(
        &self,
        ix: NodeIndex,
        provisional: Option<NodeOutcome>,
        result: Option<NodeOutcome>,
        end: ProcessEnd,
        last: Timestamp,
    ) -> NodeOutcome {
        let in_batches = self
            .nodes
            .get(&ix)
            .is_some_and(|node| node.has_batches && !node.is_last_result);
        // The result of a batch is not that of its model, unless dbt ended by itself and nothing better is known.
        let provisional = provisional.filter(|provisional| {
            !in_batches || (ended_by_itself(end) && provisional.is_failure())
        });
        let contradicts = |result: &NodeOutcome| {
            let of_events = provisional.as_ref().map(|outcome| &outcome.status);
            of_events.is_some_and(|status| !agree(status, &result.status))
        };
        match (result.filter(|result| !contradicts(result)), provisional) {
            (Some(result), provisional) => {
                let ended = provisional
                    .and_then(|provisional| provisional.ended)
                    .or(result.ended)
                    .or(Some(last));
                NodeOutcome { ended, ..result }
            }
            (None, Some(provisional)) => provisional,
            (None, None) => self.outcome_of_process_end(end, last.max(end.at)),
        }
    }

    /// The outcome of a node that was at work when dbt's process ended, `at` this time.
    fn outcome_of_process_end(&self, end: ProcessEnd, at: Timestamp) -> NodeOutcome {
        let (status, message) = match (&self.interrupted, end.signal, end.exit_code) {
            (Some(reason), ..) => (NodeStatus::Cancelled, reason.clone()),
            (None, ..) if self.is_out_of_memory => (
                NodeStatus::NotReported,
                format!("{OUT_OF_MEMORY} while the node was running"),
            ),
            (None, Some(signal), _) => (
                NodeStatus::NotReported,
                format!("dbt was terminated by signal {signal} while the node was running"),
            ),
            (None, None, Some(code)) => (
                NodeStatus::NotReported,
                format!("dbt exited with code {code} and reported no result for the node"),
            ),
            (None, None, None) => (
                NodeStatus::NotReported,
                "dbt ended and reported no result for the node".to_owned(),
            ),
        };
        NodeOutcome {
            message: Some(message),
            ..NodeOutcome::of_status(status, at)
        }
    }

    fn into_run(self, end: ProcessEnd) -> TrackedRun {
        let healed = self.healed();
        let info = self.run_info;
        let last_lines =
            || (!info.last_lines.is_empty()).then(|| Vec::from(info.last_lines.clone()).join("\n"));
        let has_failed = end.exit_code != Some(0);
        let could_not_run = !matches!(end.exit_code, Some(0 | 1)) && info.success != Some(true);
        let is_alone = has_failed && self.ended.is_empty();
        let last_stderr = info.last_stderr.clone().filter(|_| is_alone);
        TrackedRun {
            nodes: self.ended,
            dbt_error: info
                .dbt_error
                .clone()
                .or_else(|| info.errors().filter(|_| is_alone))
                .or_else(|| (could_not_run || is_alone).then(last_lines).flatten())
                .or(last_stderr),
            success: info.success,
            is_dbt_2: info.is_dbt_2,
            dbt_version: info.version,
            invocation_id: info.invocation_id,
            dbt_command: info.command,
            interrupted: self.interrupted,
            cancelled_queries: self.cancelled_queries,
            nothing_selected: info.nothing_selected,
            not_started: Vec::new(),
            healed,
            first_event: info.first_event,
            last_event: info.last_event,
            is_out_of_memory: self.is_out_of_memory,
            end,
        }
    }
}

/// The nodes of which the events say everything. A result of a node that is open or not known is needed; of a node that has
/// ended, only the message.
pub(crate) struct NeededResults<'a> {
    /// Whether each node that has ended has a message.
    ended: HashMap<&'a str, bool>,
}

impl NeededResults<'_> {
    pub(crate) fn include(&self, result: &RunResult) -> bool {
        let has_message = self.ended.get(result.unique_id.as_str());
        has_message.is_none_or(|has_one| !has_one && result.message.is_some())
    }
}

/// Whether two statuses say the same of a node: that it succeeded, that it failed, or that it was skipped.
fn agree(of_events: &NodeStatus, of_file: &NodeStatus) -> bool {
    of_events.task_run_state().0 == of_file.task_run_state().0
}

/// Whether a result is one that dbt 2 makes up: if it stops with an error, it lists each selected node like this, also those
/// that succeeded and those that it never started.
fn is_phantom(result: &RunResult) -> bool {
    result.status.as_str() == "error"
        && result.message.as_deref() == Some("Compilation Error")
        && result.execution_time.is_none_or(|seconds| seconds == 0.0)
}

/// Whether dbt ended by itself, with or without failures.
fn ended_by_itself(end: ProcessEnd) -> bool {
    matches!(end.exit_code, Some(0 | 1))
}

fn first_start(result: &RunResult) -> Option<Timestamp> {
    result
        .timing
        .iter()
        .filter_map(|step| parse_timestamp(step.started_at.as_deref()?))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_that_repeat_the_events_are_not_needed() {
        let needed = NeededResults {
            ended: HashMap::from([("model.p.known", true), ("model.p.silent", false)]),
        };
        let text = r#"{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json"}, "results": [
            {"unique_id": "model.p.known", "status": "error", "message": "why"},
            {"unique_id": "model.p.silent", "status": "error", "message": "why"},
            {"unique_id": "model.p.silent", "status": "success"},
            {"unique_id": "model.p.open", "status": "success"}]}"#;
        let include = |result: &RunResult| needed.include(result);
        let results = RunResults::from_reader_where(text.as_bytes(), include).unwrap();
        let ids: Vec<_> = results
            .results
            .iter()
            .map(|result| result.unique_id.as_str())
            .collect();
        assert_eq!(ids, ["model.p.silent", "model.p.open"]);
    }
}
