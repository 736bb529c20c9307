//! The end of a run: every open node gets its terminal state.

use std::collections::HashMap;

use dbt_events::parse_timestamp;
use dbt_manifest::RunResults;
use jiff::Timestamp;

use super::lineage::Ix;
use super::outcome;
use super::outcome::Outcome;
use super::run::{ProcessEnd, TrackedRun};
use super::tracker::Tracker;
use crate::model::{Effect, NodeStatus};

impl Tracker {
    /// Ends the run, for whatever reason dbt's process ended. Nodes still open get their terminal state at the time of
    /// dbt's last event; nodes that dbt never started, but lists as skipped, get theirs. Results of another invocation
    /// than the stream's are passed over.
    pub fn close(
        mut self,
        end: ProcessEnd,
        results: Option<&RunResults>,
        out: &mut Vec<Effect>,
    ) -> TrackedRun {
        let last = self.seen.last.unwrap_or(end.at);
        let listed = self.listed(results);
        for ix in self.mentioned.clone() {
            let hint = self
                .nodes
                .get_mut(&ix)
                .filter(|node| !node.is_over)
                .map(|node| node.hint.take());
            let Some(hint) = hint else { continue };
            let result = listed.get(&ix).map(|result| {
                if let (Some(node), Some(at)) = (self.nodes.get_mut(&ix), began(result)) {
                    node.starts_at(at);
                }
                Outcome::of_artifact(result)
            });
            let outcome = self.outcome_of_open(ix, hint, result, end, last);
            self.end(ix, outcome, out);
        }
        self.add_messages(&listed);
        self.skip_unstarted(results.filter(|_| !listed.is_empty()), last, out);
        self.into_run(end)
    }

    /// Whether dbt's results can tell more than its events have: they are long, and of a run that went well they repeat
    /// what is known.
    pub fn needs_results(&self, end: &ProcessEnd) -> bool {
        let has_open = self.nodes.values().any(|node| !node.is_over);
        end.exit_code != Some(0) || self.nodes.is_empty() || has_open
    }

    /// Ends the nodes that dbt never started, but lists as skipped. All of them take part before the first one ends, so
    /// that they can wait for each other.
    fn skip_unstarted(
        &mut self,
        results: Option<&RunResults>,
        last: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let mut unstarted = Vec::new();
        for result in results.into_iter().flat_map(|results| &results.results) {
            let ix = self.lineage.number(result.unique_id.as_str());
            if NodeStatus::from(result.status.as_str()) == NodeStatus::Skipped
                && !self.nodes.contains_key(&ix)
            {
                self.enter(ix, last);
                unstarted.push((ix, result));
            }
        }
        for (ix, result) in unstarted {
            self.end(ix, Outcome::of_artifact(result), out);
        }
    }

    /// Gives nodes the artifact's message where their events had none: those of dbt 2 never do.
    fn add_messages(&mut self, listed: &HashMap<Ix, &dbt_manifest::RunResult>) {
        for node in &mut self.ended {
            let result = &mut node.result;
            if result.message.is_none()
                && let Some(told) = listed.get(&self.lineage.number(&result.unique_id))
            {
                result.message = told.message.as_deref().and_then(outcome::text);
            }
        }
    }

    /// The artifact's results, if it is this invocation's.
    fn listed<'r>(
        &mut self,
        results: Option<&'r RunResults>,
    ) -> HashMap<Ix, &'r dbt_manifest::RunResult> {
        let Some(results) = results else {
            return HashMap::new();
        };
        let theirs = results.metadata.invocation_id.as_deref();
        if let (Some(ours), Some(theirs)) = (self.seen.invocation_id.as_deref(), theirs)
            && ours != theirs
        {
            return HashMap::new();
        }
        results
            .results
            .iter()
            .map(|result| (self.lineage.number(result.unique_id.as_str()), result))
            .collect()
    }

    /// What became of a node that had no end: dbt's word in the artifact, else what its events let suppose, else that
    /// it shared the fate of the process.
    fn outcome_of_open(
        &self,
        ix: Ix,
        hint: Option<Outcome>,
        result: Option<Outcome>,
        end: ProcessEnd,
        last: Timestamp,
    ) -> Outcome {
        let in_batches = self
            .nodes
            .get(&ix)
            .is_some_and(|node| node.has_batches && !node.is_last_result);
        // The result of a batch is not its model's, unless dbt ended by itself and nothing better is known.
        let hint = hint.filter(|hint| !in_batches || (ended_by_itself(end) && hint.is_failure()));
        match (result, hint) {
            (Some(result), hint) => {
                let ended = hint
                    .and_then(|hint| hint.ended)
                    .or(result.ended)
                    .or(Some(last));
                Outcome { ended, ..result }
            }
            (None, Some(hint)) => hint,
            (None, None) => self.fate(end, last),
        }
    }

    fn fate(&self, end: ProcessEnd, last: Timestamp) -> Outcome {
        let (status, message) = match (&self.interrupted, end.signal, end.exit_code) {
            (Some(reason), ..) => (NodeStatus::Cancelled, reason.clone()),
            (None, Some(signal), _) => (
                NodeStatus::NotReported,
                format!("dbt was ended by signal {signal} while the node was running"),
            ),
            (None, None, Some(code)) => (
                NodeStatus::NotReported,
                format!("dbt exited with code {code} without a result of the node"),
            ),
            (None, None, None) => (
                NodeStatus::NotReported,
                "dbt ended without a result of the node".to_owned(),
            ),
        };
        Outcome {
            message: Some(message),
            ..Outcome::of_status(status, last)
        }
    }

    fn into_run(self, end: ProcessEnd) -> TrackedRun {
        let seen = self.seen;
        let plain =
            || (!seen.last_lines.is_empty()).then(|| Vec::from(seen.last_lines.clone()).join("\n"));
        let could_not_run = !matches!(end.exit_code, Some(0 | 1));
        TrackedRun {
            nodes: self.ended,
            dbt_error: seen
                .dbt_error
                .clone()
                .or_else(|| could_not_run.then(plain).flatten()),
            success: seen.success,
            dbt_version: seen.version,
            invocation_id: seen.invocation_id,
            dbt_command: seen.command,
            interrupted: self.interrupted,
            cancelled_queries: seen.cancelled,
            first_event: seen.first,
            last_event: seen.last,
            end,
        }
    }
}

/// Whether dbt reached its own end, with failures or without.
fn ended_by_itself(end: ProcessEnd) -> bool {
    matches!(end.exit_code, Some(0 | 1))
}

fn began(result: &dbt_manifest::RunResult) -> Option<Timestamp> {
    result
        .timing
        .iter()
        .filter_map(|step| parse_timestamp(step.started_at.as_deref()?))
        .min()
}
