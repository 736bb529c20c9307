//! The state machine: dbt's events in, effects out.

use std::{collections::BTreeMap, sync::Arc};

use dbt_events::{Event, EventName, ExceptionOnRun, MarkSkippedChildren, NodeFinished, NodeInfo};
use dbt_manifest::Manifest;
use jiff::Timestamp;

use super::healing::Healing;
use super::lineage::{Lineage, NodeIndex};
use super::log_lines::LogLines;
use super::node_details::NodeDetails;
use super::node_life::{is_lost_event, is_of_life};
use super::node_outcome::{NodeOutcome, plain_text};
use super::node_progress::NodeProgress;
use super::run_info::RunInfo;
use super::sql_hooks::Heard;
use super::task_names::distinct_names;
use super::tracked_run::{TextSource, TrackedNode};
use super::tracker_options::TrackerOptions;
use super::unnamed_hook_failure::UnnamedHookFailure;
use super::wait_for::Upstream;
use crate::model::{Effect, Level, NodeEnd, NodeStatus};

/// Follows a run of dbt. Each node that an event of its own life names gets exactly one terminal state, at the latest in
/// [`close`](Self::close). Ephemeral models get no task run.
#[derive(Debug)]
pub struct Tracker {
    pub(super) options: TrackerOptions,
    pub(super) lineage: Lineage,
    pub(super) upstream: Upstream,
    pub(super) log_lines: LogLines,
    pub(super) nodes: BTreeMap<NodeIndex, NodeProgress>,
    /// Nodes in the order in which they came into the run.
    pub(super) mentioned: Vec<NodeIndex>,
    pub(super) ended: Vec<TrackedNode>,
    pub(super) interrupted: Option<String>,
    pub(super) is_out_of_memory: bool,
    /// The failed nodes whose children dbt announced to skip, in order.
    pub(super) announced: Vec<NodeIndex>,
    /// For each node, a test of it that failed: `build` then skips what is downstream of the node.
    pub(super) failed_tests: BTreeMap<NodeIndex, NodeIndex>,
    pub(super) unnamed_hook_failure: Option<UnnamedHookFailure>,
    /// The SQL hook of dbt 2 that failed, until its message has come.
    pub(super) failed_hook: Option<NodeIndex>,
    pub(super) run_info: RunInfo,
    /// The nodes whose queries dbt cancelled.
    pub(super) cancelled_queries: Vec<String>,
    /// Whether dbt could not write all of its events: its results may list nodes that no event named.
    pub(super) has_lost_events: bool,
    /// The ends of nodes whose edges are not certain yet.
    pub(super) held_ends: Vec<(NodeIndex, NodeEnd)>,
    /// The nodes that run again in the same attempt.
    pub(super) healing: Healing,
}

impl Tracker {
    /// A tracker for a run that has not started.
    #[must_use]
    pub fn new(options: TrackerOptions) -> Self {
        Self {
            log_lines: LogLines::new(options.level),
            healing: Healing::new(options.heal.clone()),
            options,
            lineage: Lineage::default(),
            upstream: Upstream::default(),
            nodes: BTreeMap::new(),
            mentioned: Vec::new(),
            ended: Vec::new(),
            interrupted: None,
            is_out_of_memory: false,
            announced: Vec::new(),
            failed_tests: BTreeMap::new(),
            unnamed_hook_failure: None,
            failed_hook: None,
            run_info: RunInfo::default(),
            cancelled_queries: Vec::new(),
            has_lost_events: false,
            held_ends: Vec::new(),
        }
    }

    /// Sets the manifest of this invocation. Without one, task runs have neither edges nor tags. Call it before
    /// [`on_event`](Self::on_event) gets the first event that needs it ([`needs_manifest`](Self::needs_manifest)), or
    /// [`complete`](Self::complete) the effects that came before it.
    pub fn set_manifest(&mut self, manifest: Option<Arc<Manifest>>) {
        self.upstream.forget();
        for node in manifest.iter().flat_map(|manifest| manifest.iter()) {
            self.lineage
                .define(NodeDetails::of_manifest(node), node.depends_on_nodes());
        }
        for (unique_id, name) in manifest
            .iter()
            .flat_map(|manifest| distinct_names(manifest))
        {
            let ix = self.lineage.index_of(unique_id);
            self.lineage.details_mut(ix).distinct_name = Some(name.into());
        }
        if let Some(manifest) = &manifest {
            self.note_repeatable(manifest);
        }
        self.upstream.forget();
        for unique_id in manifest.iter().flat_map(|_| self.options.earlier.keys()) {
            self.upstream.join(self.lineage.index_of(unique_id));
        }
    }

    /// Notes that we asked dbt to stop: nodes that do not end by themselves from now on are cancelled.
    pub fn interrupted(&mut self, reason: &str) {
        self.interrupted.get_or_insert_with(|| reason.to_owned());
    }

    /// Notes that the operating system killed dbt because memory ran out.
    pub fn out_of_memory(&mut self) {
        self.is_out_of_memory = true;
    }

    /// Takes a line that is not an event, written at about `at`: a log line of the run at level info, whatever its source
    /// (adapters write noise to standard error after good runs).
    pub fn on_text(
        &mut self,
        source: TextSource,
        line: &str,
        at: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        if is_lost_event(line) {
            self.has_lost_events = true;
            return;
        }
        self.run_info.on_text(source, line);
        out.extend(
            self.log_lines
                .line(at, Level::Info, line, None, None)
                .map(Effect::Log),
        );
    }

    /// Takes the next event.
    pub fn on_event(&mut self, event: &Event<'_>, out: &mut Vec<Effect>) {
        let taking_part = self.upstream.count();
        let ts = event.ts();
        let info = event.node_info();
        let ix = info.as_ref().and_then(|info| self.note_node(info, event));
        self.on_connection(event);
        self.run_info.on_event(event, out);
        self.note_announced(event);
        self.note_diagnostic(ix, event);
        if self.failed_hook.is_some() {
            self.finish_failed_hook(ix, &Heard::of_event(event), out);
        }
        if let (Some(ix), Some(info)) = (ix, &info) {
            self.report_if_running(ix, event.name(), info, ts, out);
        }
        let owner = ix.or_else(|| self.on_cancel(event));
        self.log(event, owner, out);
        match (ix, &info) {
            (Some(ix), Some(info)) => self.on_node_event(ix, info, event, out),
            _ => {
                self.on_event_without_node(event);
                self.on_exception(event);
            }
        }
        if self.upstream.count() != taking_part {
            self.release_certain_ends(out);
        }
    }

    /// Notes the failed node whose children dbt skips.
    fn note_announced(&mut self, event: &Event<'_>) {
        if event.name() == EventName::MarkSkippedChildren {
            let data = event.data::<MarkSkippedChildren<'_>>().unwrap_or_default();
            if !data.unique_id.is_empty() && NodeStatus::from(&*data.status) != NodeStatus::Skipped
            {
                self.announced.push(self.lineage.index_of(&data.unique_id));
            }
        }
    }

    /// Notes the node of an event. Any event of the node's life may be the first; a diagnostic adds no node.
    fn note_node(&mut self, info: &NodeInfo<'_>, event: &Event<'_>) -> Option<NodeIndex> {
        if is_of_life(event) {
            let ix = self.lineage.index_of(&info.unique_id);
            self.lineage.details_mut(ix).update(info);
            self.reopen(ix, event.ts());
            self.add_node(ix, event.ts());
        }
        let ix = self.lineage.find(&info.unique_id)?;
        if let (Some(node), Some(at)) = (self.nodes.get_mut(&ix), info.node_started_at) {
            // The start of a SQL hook comes with its LogHookStartLine.
            if !self.lineage.details(ix).is_hook() {
                node.starts_at(at);
            }
        }
        self.nodes.contains_key(&ix).then_some(ix)
    }

    pub(super) fn add_node(&mut self, ix: NodeIndex, ts: Timestamp) {
        let details = self.lineage.details(ix);
        let runs_batches = self.options.runs_batches();
        self.nodes.entry(ix).or_insert_with(|| {
            self.mentioned.push(ix);
            if !details.is_ephemeral() {
                self.upstream.join(ix);
            }
            NodeProgress::new(ts, details.is_microbatch && runs_batches)
        });
    }

    /// Reports a node as running at its first event after NodeStart, since dbt also starts nodes that it then skips. dbt 2
    /// may start all nodes at once, and writes a start line for skipped ones: there a node runs when dbt executes it.
    fn report_if_running(
        &mut self,
        ix: NodeIndex,
        name: EventName,
        info: &NodeInfo<'_>,
        ts: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        use EventName::{
            LogHookStartLine, NodeExecuting, NodeFinished, NodeStart, SkippingDetails,
        };
        let Some(node) = self.nodes.get_mut(&ix) else {
            return;
        };
        let is_dbt_2 = self.run_info.is_dbt_2;
        let has_begun = match name {
            NodeStart | NodeFinished | SkippingDetails => false,
            LogHookStartLine => true,
            // Earlier events of a hook come from its preparation.
            _ if self.lineage.details(ix).is_hook() => false,
            _ => !is_dbt_2 || name == NodeExecuting,
        };
        if name == LogHookStartLine {
            node.starts_at(ts);
        }
        if is_dbt_2 && name == NodeExecuting {
            node.executes_at(info.node_started_at.unwrap_or(ts));
        }
        let has_running_status = NodeStatus::from(&*info.node_status).is_running();
        if node.is_finished || node.is_running || !has_running_status || !has_begun {
            return;
        }
        node.is_running = true;
        self.report_running(ix, out);
    }

    pub(super) fn report_running(&mut self, ix: NodeIndex, out: &mut Vec<Effect>) {
        if !self.lineage.details(ix).is_ephemeral() {
            out.push(Effect::NodeRunning(self.task_run(ix, None)));
        }
    }

    /// Takes an event about a node.
    fn on_node_event(
        &mut self,
        ix: NodeIndex,
        info: &NodeInfo<'_>,
        event: &Event<'_>,
        out: &mut Vec<Effect>,
    ) {
        let ts = event.ts();
        let Some(node) = self.nodes.get_mut(&ix).filter(|node| !node.is_finished) else {
            return;
        };
        node.batches.on_event(info, event);
        let status = NodeStatus::from(&*info.node_status);
        match event.name() {
            EventName::LogStartBatch | EventName::LogBatchResult => node.has_batches = true,
            EventName::LogModelResult => {
                node.is_last_result = true;
                let ended = info.node_finished_at.unwrap_or(ts);
                node.provisional = Some(NodeOutcome::of_status(status, ended));
            }
            EventName::NodeFinished => self.on_node_finished(ix, info, event, out),
            EventName::LogHookEndLine => self.on_hook_end(ix, status, event, out),
            EventName::RunResultError => self.on_hook_error(ix, event, out),
            EventName::SkippingDetails => {
                node.provisional = Some(NodeOutcome::of_status(NodeStatus::Skipped, ts));
            }
            _ => {
                if let (true, Some(at)) = (status.is_final(), info.node_finished_at) {
                    node.provisional
                        .get_or_insert_with(|| NodeOutcome::of_status(status, at));
                }
                self.on_exception(event);
            }
        }
    }

    /// The result of a node, or of one batch of it.
    fn on_node_finished(
        &mut self,
        ix: NodeIndex,
        info: &NodeInfo<'_>,
        event: &Event<'_>,
        out: &mut Vec<Effect>,
    ) {
        let Some(data) = event
            .data::<NodeFinished<'_>>()
            .filter(|data| !data.run_result.status.is_empty())
        else {
            return;
        };
        let ended = info.node_finished_at.unwrap_or(event.ts());
        let mut outcome = NodeOutcome::of_event(&data.run_result, ended);
        let is_held = self.is_held(ix, &outcome);
        outcome.stands = is_held && self.interrupted.is_none();
        match self.nodes.get_mut(&ix) {
            Some(node) if is_held || !node.ends_with(&outcome) => node.provisional = Some(outcome),
            _ => self.finish_node(ix, outcome, out),
        }
    }

    /// An exception may be the last event of a node, and names it even without node_info.
    fn on_exception(&mut self, event: &Event<'_>) {
        use EventName::{CatchableExceptionOnRun, GenericExceptionOnRun, InternalErrorOnRun};
        if !matches!(
            event.name(),
            CatchableExceptionOnRun | GenericExceptionOnRun | InternalErrorOnRun
        ) {
            return;
        }
        let data = event.data::<ExceptionOnRun<'_>>().unwrap_or_default();
        let unique_id = match (data.unique_id.non_empty(), event.node_info()) {
            (Some(unique_id), _) => unique_id.to_owned(),
            (None, Some(info)) => info.unique_id.to_string(),
            (None, None) => return,
        };
        let ix = self.lineage.index_of(&unique_id);
        self.add_node(ix, event.ts());
        if let Some(node) = self.nodes.get_mut(&ix).filter(|node| !node.is_finished) {
            let message = plain_text(&data.exc);
            node.provisional = Some(NodeOutcome {
                message,
                ..NodeOutcome::of_status(NodeStatus::Error, event.ts())
            });
        }
    }
}
