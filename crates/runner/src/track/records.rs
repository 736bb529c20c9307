//! dbt 2's telemetry records: the same story as that of its log, with the outcome of a node as a type, and with the node because
//! of which another one was skipped.

use std::borrow::Cow;

use dbt_events::otel::{
    CacheDetail, CacheReason, HookOutcome, HookProcessed, HookType, LogMessage, NodeEvaluated,
    NodeProcessed, Phase, Record, RecordKind, RecordName,
};
use dbt_events::{Level, NodeInfo, Text};

use super::lineage::NodeIndex;
use super::node_outcome::NodeOutcome;
use super::sql_hooks::Heard;
use super::tracker::Tracker;
use crate::model::{Effect, NodeStatus};

impl Tracker {
    /// Takes the next record of dbt 2's telemetry. A run is tracked by its events or by its records, not by both.
    pub fn on_record(&mut self, record: &Record<'_>, out: &mut Vec<Effect>) {
        self.run_info.on_record(record);
        match (record.name(), record.kind()) {
            (RecordName::NodeProcessed, _) => self.on_node_record(record, out),
            (RecordName::NodeEvaluated, RecordKind::SpanStart) => self.on_phase_record(record, out),
            (RecordName::HookProcessed, _) => self.on_hook_record(record, out),
            (RecordName::Invocation, RecordKind::SpanEnd) => self.end_failed_hook(None, out),
            (_, RecordKind::LogRecord) => self.on_log_record(record, out),
            _ => {}
        }
    }

    /// The start or the end of a node. dbt also analyses nodes that are not selected: they are not of the run.
    fn on_node_record(&mut self, record: &Record<'_>, out: &mut Vec<Effect>) {
        let node: NodeProcessed<'_> = record.attributes().unwrap_or_default();
        if node.unique_id.is_empty() || node.in_selection != Some(true) {
            return;
        }
        let ix = self.lineage.index_of(&node.unique_id);
        self.finish_failed_hook(Some(ix), &Heard::Life, out);
        let mut info = NodeInfo::default();
        info.node_name = node.name.clone();
        info.resource_type = Text(Cow::Owned(node.resource_type()));
        info.materialized = Text(Cow::Owned(node.materialized()));
        self.lineage.details_mut(ix).update(&info);
        self.begin(ix, record);
        if record.kind() != RecordKind::SpanEnd {
            return;
        }
        let above = node.skipped_because_of();
        let above = above.map(|above| self.lineage.index_of(above));
        let outcome = outcome_of(&node, record);
        if outcome.is_failure() {
            self.announced.push(ix);
        }
        let mut outcome = outcome;
        let is_held = self.is_held(ix, &outcome);
        outcome.stands = is_held && self.interrupted.is_none();
        match self.nodes.get_mut(&ix) {
            Some(node) if is_held => node.provisional = Some(outcome),
            Some(node) => {
                node.skipped_because_of = above;
                self.finish_node(ix, outcome, out);
            }
            None => {}
        }
    }

    /// Brings a node or hook into the run, with the start of its span.
    fn begin(&mut self, ix: NodeIndex, record: &Record<'_>) {
        self.add_node(ix, record.time());
        if let (Some(node), Some(at)) = (self.nodes.get_mut(&ix), record.started()) {
            node.starts_at(at);
        }
    }

    /// The start of a phase of a node: it runs when dbt executes it.
    fn on_phase_record(&mut self, record: &Record<'_>, out: &mut Vec<Effect>) {
        let phase: NodeEvaluated<'_> = record.attributes().unwrap_or_default();
        if !matches!(phase.phase, Phase::Run | Phase::FreshnessAnalysis) {
            return;
        }
        let Some(ix) = self.lineage.find(&phase.unique_id) else {
            return;
        };
        let Some(node) = self.nodes.get_mut(&ix) else {
            return;
        };
        if !node.is_finished && !node.is_running {
            node.executes_at(record.time());
            node.is_running = true;
            self.report_running(ix, out);
        }
    }

    /// The start or the end of a SQL hook. Hooks of a node are part of its run.
    fn on_hook_record(&mut self, record: &Record<'_>, out: &mut Vec<Effect>) {
        let hook: HookProcessed<'_> = record.attributes().unwrap_or_default();
        let is_of_run = matches!(hook.hook_type, HookType::OnRunStart | HookType::OnRunEnd);
        if hook.unique_id.is_empty() || !is_of_run {
            return;
        }
        let ix = self.lineage.index_of(&hook.unique_id);
        self.finish_failed_hook(Some(ix), &Heard::Life, out);
        let mut info = NodeInfo::default();
        info.node_name = hook.name.clone();
        self.lineage.details_mut(ix).update(&info);
        self.begin(ix, record);
        let Some(node) = self.nodes.get_mut(&ix).filter(|node| !node.is_finished) else {
            return;
        };
        if !node.is_running {
            node.is_running = true;
            self.report_running(ix, out);
        }
        if record.kind() == RecordKind::SpanEnd {
            let status = match hook.outcome {
                HookOutcome::Success => NodeStatus::Success,
                HookOutcome::Canceled => NodeStatus::Cancelled,
                _ => NodeStatus::Error,
            };
            self.end_hook(ix, NodeOutcome::of_status(status, record.time()), out);
        }
    }

    /// A log line. It may be the reason of a failure.
    fn on_log_record(&mut self, record: &Record<'_>, out: &mut Vec<Effect>) {
        let line: LogMessage<'_> = record.attributes().unwrap_or_default();
        let ix = self.lineage.find(&line.unique_id);
        let ix = ix.filter(|ix| self.nodes.contains_key(ix));
        let message = match (line.code_name.non_empty(), line.code) {
            (Some(name), Some(code)) => format!("[{name} (dbt{code})]: {}", record.body()).into(),
            _ => record.body(),
        };
        if self.failed_hook.is_some() && record.level() == Level::Error {
            self.finish_failed_hook(ix, &Heard::Error(Cow::Borrowed(&message)), out);
        }
        self.note_line(ix, record.level(), &message);
        if &*line.code_name == "NoNodesSelected" {
            self.run_info.nothing_is_selected(&message);
        }
        self.log_line(record.time(), record.level().into(), &message, ix, out);
    }
}

/// Why a relation was reused, in the words of dbt's log.
fn reason_of_reuse(cache: CacheDetail) -> String {
    let reason = match cache.reason {
        CacheReason::NoChanges => "No new changes on any upstreams",
        CacheReason::StillFresh => "New changes detected. Still fresh enough",
        CacheReason::UpdateCriteriaNotMet => "No new changes on all upstreams",
        CacheReason::ClonedExisting => "Cloned from cached relation",
        CacheReason::ClonedExistingStillFresh => {
            "Cloned from cached relation within freshness tolerance"
        }
        _ => "Up to date",
    };
    reason.to_owned()
}

/// The outcome of a node's span.
fn outcome_of(node: &NodeProcessed<'_>, record: &Record<'_>) -> NodeOutcome {
    let seconds = |milliseconds: i64| milliseconds as f64 / 1000.0;
    NodeOutcome {
        status: NodeStatus::from(node.status()),
        message: node.cache.map(reason_of_reuse),
        ended: Some(record.time()),
        execution_time: node.duration_ms.map(seconds),
        failures: node.test.and_then(|test| test.failing_rows),
        adapter_response: node
            .rows_affected
            .map(|rows| serde_json::json!({"rows_affected": rows})),
        ..NodeOutcome::default()
    }
}
