//! Nodes that run again in the same attempt. A failure that looks transient is no end yet: it is reported as awaiting a retry,
//! and the end of what dbt skips below it is held back, until another round of dbt has run them or no more rounds come.

use std::collections::{BTreeMap, BTreeSet};

use dbt_manifest::Manifest;
use jiff::Timestamp;

use super::lineage::NodeIndex;
use super::node_outcome::NodeOutcome;
use super::node_progress::NodeProgress;
use super::run_info::InvocationInfo;
use super::tracker::Tracker;
use crate::heal::{CanRepeat, HealPolicy, has_run_hooks};
use crate::model::{EarlierRuns, Effect, RetryWait, StateKind};

/// What is held back, and what has run before.
#[derive(Debug, Default)]
pub(super) struct Healing {
    policy: HealPolicy,
    /// dbt's adapter type; empty if nothing is repeated.
    adapter: String,
    /// The rounds that have begun.
    rounds: u32,
    /// The nodes that failed or were skipped and are to run again, in the order in which they ended.
    held: Vec<(NodeIndex, NodeOutcome)>,
    /// The nodes of the round of which no event has come yet.
    reopened: BTreeSet<NodeIndex>,
    /// The runs that failed and were followed by another one.
    earlier: BTreeMap<NodeIndex, EarlierRuns>,
    /// What dbt said about its invocation before the round.
    before: Option<InvocationInfo>,
    has_run_hooks: bool,
    /// Whether the ends that come now are final.
    is_releasing: bool,
}

/// The nodes that run again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HealRound {
    /// Which round it is, from 1.
    pub(crate) number: u32,
    /// The nodes that failed, by unique_id.
    pub(crate) failed: Vec<String>,
    /// The nodes that were skipped below them.
    pub(crate) skipped: Vec<String>,
    /// Whether dbt could not begin, so that the whole command runs again.
    pub(crate) is_whole: bool,
    /// Why, in that case.
    pub(crate) reason: Option<String>,
}

impl Healing {
    pub(super) fn new(policy: HealPolicy) -> Self {
        Self {
            policy,
            ..Self::default()
        }
    }

    /// The runs of a node before its last one.
    pub(super) fn earlier(&self, ix: NodeIndex) -> Option<Box<EarlierRuns>> {
        self.earlier.get(&ix).copied().map(Box::new)
    }

    fn holds(&self, ix: NodeIndex) -> bool {
        self.held.iter().any(|(held, _)| *held == ix)
    }
}

impl Tracker {
    /// Notes which nodes can be repeated.
    pub(super) fn note_repeatable(&mut self, manifest: &Manifest) {
        if self.healing.policy.rounds == 0 {
            return;
        }
        self.healing.has_run_hooks = has_run_hooks(manifest);
        if self.healing.has_run_hooks && !self.healing.policy.hooks {
            return;
        }
        let adapter = manifest.metadata().adapter_type.clone().unwrap_or_default();
        for node in manifest.iter() {
            let ix = self.lineage.index_of(node.unique_id.as_str());
            self.lineage.details_mut(ix).can_repeat = CanRepeat::of(node, &adapter);
        }
        self.healing.adapter = adapter;
    }

    /// Whether nothing is repeated because the project has SQL hooks around its runs.
    pub(crate) fn is_heal_refused(&self) -> bool {
        self.healing.has_run_hooks && !self.healing.policy.hooks
    }

    /// Holds back the end of a node if it is to run again. `root` is the node whose failure made dbt skip it.
    pub(super) fn hold_for_round(
        &mut self,
        ix: NodeIndex,
        outcome: &NodeOutcome,
        (root, ended): (Option<NodeIndex>, Timestamp),
        out: &mut Vec<Effect>,
    ) -> bool {
        let healing = &self.healing;
        if healing.is_releasing
            || healing.adapter.is_empty()
            || healing.rounds >= healing.policy.rounds
            || self.interrupted.is_some()
            || self.lineage.details(ix).is_ephemeral()
        {
            return false;
        }
        let held = NodeOutcome {
            stands: true,
            ended: Some(ended),
            ..outcome.clone()
        };
        if outcome.is_skip() {
            let is_below = root.is_some_and(|root| healing.holds(root));
            if is_below {
                self.healing.held.push((ix, held));
            }
            return is_below;
        }
        let Some(message) = self.retry_message(ix, outcome) else {
            return false;
        };
        let task = self.task_run(ix, Some(outcome.status.as_str()));
        let wait = RetryWait {
            failed: ended,
            message,
        };
        out.push(Effect::NodeAwaitingRetry(task, wait));
        self.healing.held.push((ix, held));
        true
    }

    /// Why a node that failed runs again; `None` if its failure is final.
    fn retry_message(&self, ix: NodeIndex, outcome: &NodeOutcome) -> Option<String> {
        let message = outcome.message.as_deref().filter(|_| outcome.is_error())?;
        let node = self.lineage.details(ix).can_repeat;
        let healing = &self.healing;
        let reason = healing.policy.reason(node, &healing.adapter, message)?;
        Some(format!("Runs again after a failure ({reason}):\n{message}"))
    }

    /// The nodes that run again, when dbt has ended. What is also below a failure that is final gets its end now. `None` if
    /// nothing runs again: the other ends are then given by [`close`](Self::close).
    pub(crate) fn next_round(&mut self, out: &mut Vec<Effect>) -> Option<HealRound> {
        if self.interrupted.is_some() || (self.healing.rounds == 0 && !self.has_run_all_nodes()) {
            return None;
        }
        while let Some(blocked) = self.first_blocked() {
            let (ix, outcome) = self.healing.held.remove(blocked);
            self.finish_held(ix, outcome, out);
        }
        let mut round = HealRound {
            number: self.healing.rounds + 1,
            ..HealRound::default()
        };
        for (ix, outcome) in &self.healing.held {
            let id = self.lineage.details(*ix).unique_id.to_string();
            match outcome.is_skip() {
                true => round.skipped.push(id),
                false => round.failed.push(id),
            }
        }
        let has_rounds = self.healing.rounds < self.healing.policy.rounds;
        (has_rounds && !round.failed.is_empty()).then_some(round)
    }

    /// The next round, if dbt ended before any node for a reason that looks transient. `adapter` gives the adapter type of the
    /// project by the id of the invocation.
    pub(crate) fn whole_round(
        &self,
        adapter: impl FnOnce(&str) -> Option<String>,
    ) -> Option<HealRound> {
        let healing = &self.healing;
        let can_run = healing.rounds < healing.policy.rounds && self.interrupted.is_none();
        let error = self.run_info.dbt_error.as_deref();
        let error = error.filter(|_| can_run && self.nodes.is_empty())?;
        let adapter = adapter(self.invocation_id()?)?;
        let reason = healing.policy.reason(CanRepeat::COMMAND, &adapter, error)?;
        Some(HealRound {
            number: healing.rounds + 1,
            is_whole: true,
            reason: Some(reason),
            ..HealRound::default()
        })
    }

    /// Notes that no more rounds come.
    pub(crate) fn give_up_healing(&mut self) {
        self.healing.policy.rounds = 0;
    }

    /// Whether dbt has started all nodes that it was going to run: with `--fail-fast`, it does not.
    fn has_run_all_nodes(&self) -> bool {
        let is_counted = |ix: &&NodeIndex| {
            let details = self.lineage.details(**ix);
            !details.is_hook() && !details.is_ephemeral()
        };
        self.mentioned.iter().filter(is_counted).count() >= self.run_info.node_count()
    }

    /// The first skipped node that is below a node that will not run again and did not succeed.
    fn first_blocked(&mut self) -> Option<usize> {
        let failed_tests: Vec<NodeIndex> = self.final_failures().collect();
        let mut untested = BTreeSet::new();
        for test in failed_tests {
            if self.lineage.details(test).is_test() {
                untested.extend(self.lineage.depends_on(test).iter().copied());
            }
        }
        let tests_first = self.options.runs_unit_tests_first();
        (0..self.healing.held.len()).find(|&at| {
            let (ix, ref outcome) = self.healing.held[at];
            if !outcome.is_skip() {
                return false;
            }
            let mut above = self.upstream.of(ix, &self.lineage, tests_first);
            above.extend(self.directly_above(ix));
            let is_test = self.lineage.details(ix).is_test();
            above.iter().any(|other| {
                let is_final = || {
                    let node = self.nodes.get(other);
                    node.is_some_and(|node| node.root_failure.is_some())
                        && !self.healing.holds(*other)
                };
                is_final() || (!is_test && untested.contains(other))
            })
        })
    }

    /// The nodes that failed, and whose failure is final.
    fn final_failures(&self) -> impl Iterator<Item = NodeIndex> {
        let failed = self.nodes.iter();
        failed
            .filter(|(ix, node)| node.root_failure == Some(**ix) && !self.healing.holds(**ix))
            .map(|(ix, _)| *ix)
    }

    /// Begins a round: dbt runs again for the nodes that [`next_round`](Self::next_round) has given.
    pub(crate) fn begin_round(&mut self) {
        self.healing.rounds += 1;
        self.healing.reopened = self.healing.held.iter().map(|(ix, _)| *ix).collect();
        self.announced.clear();
        let reopened = &self.healing.reopened;
        self.failed_tests.retain(|_, test| !reopened.contains(test));
        self.healing.before = Some(self.run_info.begin_invocation());
    }

    /// Ends a round. `has_results` says whether its results are those of the run now.
    pub(crate) fn end_round(&mut self, has_results: bool) {
        self.healing.reopened.clear();
        if let Some(before) = self.healing.before.take() {
            self.run_info.end_invocation(before, has_results);
        }
        if has_results && self.run_info.success == Some(true) && self.has_failures() {
            self.run_info.success = Some(false);
        }
    }

    /// Whether a node has failed, or is going to run again.
    pub(crate) fn has_failures(&self) -> bool {
        let is_failure = |outcome: &NodeOutcome| outcome.is_failure();
        let mut open = self.nodes.values().filter(|node| !node.is_finished);
        let failed = |node: &super::TrackedNode| node.state.kind == StateKind::Failed;
        !self.healing.held.is_empty()
            || self.ended.iter().any(failed)
            || open.any(|node| node.provisional.as_ref().is_some_and(is_failure))
    }

    /// The id of dbt's last invocation.
    pub(crate) fn invocation_id(&self) -> Option<&str> {
        self.run_info.invocation_id.as_deref()
    }

    /// Notes the first event of a node in a round: what it has done before is no end.
    pub(super) fn reopen(&mut self, ix: NodeIndex, ts: Timestamp) {
        if !self.healing.reopened.remove(&ix) {
            return;
        }
        let held = &mut self.healing.held;
        let Some(at) = held.iter().position(|(held, _)| *held == ix) else {
            return;
        };
        let (_, outcome) = held.remove(at);
        let started = self.nodes.get(&ix).map_or(ts, |node| node.started);
        if !outcome.is_skip() {
            let ended = outcome.ended.unwrap_or(started);
            let earlier = self.healing.earlier.entry(ix).or_insert(EarlierRuns {
                count: 0,
                first_start: started,
                seconds: 0.0,
            });
            earlier.count += 1;
            earlier.seconds += ended.duration_since(started).as_secs_f64();
        }
        self.nodes.insert(ix, NodeProgress::new(ts, false));
    }

    /// Gives all nodes that were to run again their end: no more rounds come.
    pub(super) fn release_held(&mut self, out: &mut Vec<Effect>) {
        self.give_up_healing();
        for (ix, outcome) in std::mem::take(&mut self.healing.held) {
            self.finish_held(ix, outcome, out);
        }
    }

    fn finish_held(&mut self, ix: NodeIndex, outcome: NodeOutcome, out: &mut Vec<Effect>) {
        if let Some(node) = self.nodes.get_mut(&ix) {
            node.is_finished = false;
        }
        self.healing.is_releasing = true;
        self.finish_node(ix, outcome, out);
        self.healing.is_releasing = false;
    }

    /// The nodes that succeeded in a later run.
    pub(super) fn healed(&self) -> Vec<String> {
        let again = |id: &str| {
            let ix = self.lineage.find(id);
            ix.is_some_and(|ix| self.healing.earlier.contains_key(&ix))
        };
        let succeeded = self
            .ended
            .iter()
            .filter(|node| node.state.kind == StateKind::Completed);
        succeeded
            .map(|node| node.result.unique_id.clone())
            .filter(|id| again(id))
            .collect()
    }
}

#[cfg(test)]
mod tests;
