//! The state machine: events of dbt in, effects out.

use std::{collections::BTreeMap, sync::Arc};

use dbt_events::{
    Event, EventName, ExceptionOnRun, HookEnd, MarkSkippedChildren, NodeFinished, NodeInfo,
    RunResultError,
};
use dbt_manifest::Manifest;
use jiff::Timestamp;

use super::facts::Facts;
use super::lineage::{Ix, Lineage};
use super::logs::Logs;
use super::node::Node;
use super::outcome;
use super::outcome::Outcome;
use super::run::{TextSource, TrackedNode, TrackerOptions};
use super::seen::Seen;
use super::unnamed::Unnamed;
use super::upstream::Upstream;
use crate::model::{Effect, Level, NodeStatus, TaskRef, task_run_id};

/// Follows a run of dbt. Each node that an event mentions gets exactly one terminal state, at the latest in
/// [`close`](Self::close); ephemeral models get no task run.
#[derive(Debug)]
pub struct Tracker {
    pub(super) options: TrackerOptions,
    pub(super) lineage: Lineage,
    pub(super) upstream: Upstream,
    pub(super) logs: Logs,
    pub(super) nodes: BTreeMap<Ix, Node>,
    /// Nodes in the order in which they were first mentioned.
    pub(super) mentioned: Vec<Ix>,
    pub(super) ended: Vec<TrackedNode>,
    pub(super) interrupted: Option<String>,
    /// The last node that dbt said it would skip the children of, and that failed itself.
    pub(super) last_failed: Option<Ix>,
    /// By node: tests of it that failed, and so make `build` skip what is below it.
    pub(super) failed_tests: BTreeMap<Ix, Ix>,
    pub(super) unnamed: Option<Unnamed>,
    pub(super) seen: Seen,
}

impl Tracker {
    /// A tracker for a run that has not begun.
    pub fn new(options: TrackerOptions) -> Self {
        Self {
            logs: Logs::new(options.level),
            options,
            lineage: Lineage::default(),
            upstream: Upstream::default(),
            nodes: BTreeMap::new(),
            mentioned: Vec::new(),
            ended: Vec::new(),
            interrupted: None,
            last_failed: None,
            failed_tests: BTreeMap::new(),
            unnamed: None,
            seen: Seen::default(),
        }
    }

    /// Takes the manifest of this invocation. Without one, task runs have neither edges nor tags. To be called before
    /// the first event with a node (see [`Event::has_node`]) is handed over.
    pub fn set_manifest(&mut self, manifest: Option<Arc<Manifest>>) {
        for node in manifest.iter().flat_map(|manifest| manifest.iter()) {
            let materialized = node.config.materialized.clone().unwrap_or_default();
            let is_microbatch = &*materialized == "incremental"
                && node
                    .config
                    .get("incremental_strategy")
                    .and_then(|value| value.as_str())
                    == Some("microbatch");
            let facts = Facts {
                unique_id: Arc::from(node.unique_id.as_str()),
                resource_type: Arc::from(node.resource_type.as_str()),
                name: node.name.clone(),
                package: node.package_name.clone(),
                materialized,
                tags: node.tags.clone(),
                is_microbatch,
            };
            self.lineage.define(facts, node.depends_on_nodes());
        }
    }

    /// Notes that we asked dbt to stop: what has not ended by itself from now on was cancelled.
    pub fn interrupted(&mut self, reason: &str) {
        self.interrupted.get_or_insert_with(|| reason.to_owned());
    }

    /// Takes a line that is no event, written at about `at`: a log line of the run, info whatever its source (adapters
    /// write noise to standard error after perfectly good runs).
    pub fn on_text(
        &mut self,
        source: TextSource,
        line: &str,
        at: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        self.seen.on_text(source, line);
        out.extend(
            self.logs
                .line(at, Level::Info, line, None, || None)
                .map(Effect::Log),
        );
    }

    /// Takes the next event.
    pub fn on_event(&mut self, event: &Event<'_>, out: &mut Vec<Effect>) {
        let ts = event.ts();
        let info = event.node_info();
        let ix = info.as_ref().map(|info| self.mention(info, ts));
        self.seen.on_event(event, out);
        self.note_failure(event);
        if let (Some(ix), Some(info)) = (ix, &info) {
            self.run_if_begun(ix, event.name(), info, ts, out);
        }
        self.log(event, ix, out);
        match (ix, &info) {
            (Some(ix), Some(info)) => self.on_node_event(ix, info, event, out),
            _ => {
                self.on_unnamed(event);
                self.on_exception(event);
            }
        }
    }

    /// Notes of which node dbt skips the children.
    fn note_failure(&mut self, event: &Event<'_>) {
        if event.name() == EventName::MarkSkippedChildren {
            let told = event.data::<MarkSkippedChildren<'_>>().unwrap_or_default();
            if !told.unique_id.is_empty() && NodeStatus::from(&*told.status) != NodeStatus::Skipped
            {
                self.last_failed = Some(self.lineage.number(&told.unique_id));
            }
        }
    }

    /// Notes that an event is about that node: any may be its first.
    fn mention(&mut self, info: &NodeInfo<'_>, ts: Timestamp) -> Ix {
        let ix = self.lineage.number(&info.unique_id);
        self.lineage.facts_mut(ix).learn(info);
        self.enter(ix, ts);
        if let (Some(node), Some(at)) = (self.nodes.get_mut(&ix), info.node_started_at) {
            // Only the log lines of SQL hooks are timed by dbt as the database saw them.
            if !self.lineage.facts(ix).is_hook() {
                node.starts_at(at);
            }
        }
        ix
    }

    pub(super) fn enter(&mut self, ix: Ix, ts: Timestamp) {
        let facts = self.lineage.facts(ix);
        self.nodes.entry(ix).or_insert_with(|| {
            self.mentioned.push(ix);
            if !facts.is_ephemeral() {
                self.upstream.join(ix);
            }
            Node::new(ts, facts.is_microbatch)
        });
    }

    /// Reports a node as running at its first event after NodeStart: dbt starts nodes, too, that it then skips.
    fn run_if_begun(
        &mut self,
        ix: Ix,
        name: EventName,
        info: &NodeInfo<'_>,
        ts: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        use EventName::{NodeFinished, NodeStart, SkippingDetails};
        let Some(node) = self.nodes.get_mut(&ix) else {
            return;
        };
        let is_at_work = NodeStatus::from(&*info.node_status).is_running();
        // What is said of a hook before that line was said while it was made ready.
        let is_hook = self.lineage.facts(ix).is_hook();
        if name == EventName::LogHookStartLine {
            node.starts_at(ts);
        }
        if node.is_over
            || node.is_running
            || !is_at_work
            || (is_hook && name != EventName::LogHookStartLine)
            || matches!(name, NodeStart | NodeFinished | SkippingDetails)
        {
            return;
        }
        node.is_running = true;
        self.tell_running(ix, out);
    }

    fn tell_running(&mut self, ix: Ix, out: &mut Vec<Effect>) {
        if !self.lineage.facts(ix).is_ephemeral() {
            out.push(Effect::NodeRunning(self.task_run(ix, None)));
        }
    }

    /// Events about a node.
    fn on_node_event(
        &mut self,
        ix: Ix,
        info: &NodeInfo<'_>,
        event: &Event<'_>,
        out: &mut Vec<Effect>,
    ) {
        let ts = event.ts();
        let Some(node) = self.nodes.get_mut(&ix).filter(|node| !node.is_over) else {
            return;
        };
        match event.name() {
            EventName::LogStartBatch | EventName::LogBatchResult => node.has_batches = true,
            EventName::LogModelResult => {
                node.is_last_result = true;
                node.hint = Some(Outcome::of_status(
                    NodeStatus::from(&*info.node_status),
                    info.node_finished_at.unwrap_or(ts),
                ));
            }
            EventName::NodeFinished => {
                let Some(told) = event
                    .data::<NodeFinished<'_>>()
                    .filter(|told| !told.run_result.status.is_empty())
                else {
                    return;
                };
                let outcome =
                    Outcome::of_event(&told.run_result, info.node_finished_at.unwrap_or(ts));
                match node.ends_with(&outcome) {
                    true => self.end(ix, outcome, out),
                    false => node.hint = Some(outcome),
                }
            }
            EventName::LogHookEndLine => {
                let told = event.data::<HookEnd<'_>>().unwrap_or_default();
                let outcome = Outcome::of_status(hook_status(&told.status, info), ts);
                // The message of a failed hook comes with the closing report.
                match outcome.is_failure() {
                    true => node.hint = Some(outcome),
                    false => self.end(ix, outcome, out),
                }
            }
            EventName::RunResultError => {
                let told = event.data::<RunResultError<'_>>().unwrap_or_default();
                let Some(mut outcome) = node
                    .hint
                    .take_if(|hint| hint.is_failure() && self.lineage.facts(ix).is_hook())
                else {
                    return;
                };
                outcome.message = outcome::text(&told.msg);
                self.end(ix, outcome, out);
            }
            EventName::SkippingDetails => {
                node.hint = Some(Outcome::of_status(NodeStatus::Skipped, ts))
            }
            _ => {
                let status = NodeStatus::from(&*info.node_status);
                if let (true, Some(at)) = (status.is_final(), info.node_finished_at) {
                    node.hint
                        .get_or_insert_with(|| Outcome::of_status(status, at));
                }
                self.on_exception(event);
            }
        }
    }

    /// An exception may be the last that is heard of a node, and names it even without node_info.
    fn on_exception(&mut self, event: &Event<'_>) {
        use EventName::{CatchableExceptionOnRun, GenericExceptionOnRun, InternalErrorOnRun};
        if !matches!(
            event.name(),
            CatchableExceptionOnRun | GenericExceptionOnRun | InternalErrorOnRun
        ) {
            return;
        }
        let told = event.data::<ExceptionOnRun<'_>>().unwrap_or_default();
        let unique_id = match (told.unique_id.non_empty(), event.node_info()) {
            (Some(unique_id), _) => unique_id.to_owned(),
            (None, Some(info)) => info.unique_id.to_string(),
            (None, None) => return,
        };
        let ix = self.lineage.number(&unique_id);
        self.enter(ix, event.ts());
        if let Some(node) = self.nodes.get_mut(&ix).filter(|node| !node.is_over) {
            let message = outcome::text(&told.exc);
            node.hint = Some(Outcome {
                message,
                ..Outcome::of_status(NodeStatus::Error, event.ts())
            });
        }
    }

    /// The level of an event's log line: dbt's own, but for the traceback with which it tells of our signal.
    fn level_of(&self, event: &Event<'_>) -> Level {
        match event.name() {
            EventName::MainEncounteredError | EventName::MainStackTrace
                if self.interrupted.is_some() =>
            {
                Level::Debug
            }
            _ => event.level().into(),
        }
    }

    /// The log line of an event.
    fn log(&mut self, event: &Event<'_>, ix: Option<Ix>, out: &mut Vec<Effect>) {
        let level = self.level_of(event);
        if !self.logs.keeps(level) {
            return;
        }
        let (options, lineage) = (&self.options, &self.lineage);
        let owner = ix.filter(|&ix| !lineage.facts(ix).is_ephemeral());
        let task = || {
            let facts = lineage.facts(owner?);
            let id = task_run_id(options.run_id, &facts.unique_id, options.attempt);
            Some(TaskRef {
                id,
                name: facts.task_name(),
            })
        };
        out.extend(
            self.logs
                .line(event.ts(), level, &event.message(), owner, task)
                .map(Effect::Log),
        );
    }
}

/// The status of a SQL hook that ended. Before dbt 1.9 the line holds the adapter's answer (`OK`, `INSERT 0 1`), and
/// only node_info the status.
fn hook_status(line: &str, info: &NodeInfo<'_>) -> NodeStatus {
    match NodeStatus::from(line.to_ascii_lowercase()) {
        NodeStatus::Unknown(answer) => Some(NodeStatus::from(&*info.node_status))
            .filter(NodeStatus::is_final)
            .unwrap_or(NodeStatus::Unknown(answer)),
        status => status,
    }
}
