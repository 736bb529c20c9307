//! The log lines of events, and what of them may explain a result.

use dbt_events::{Event, EventName};
use jiff::Timestamp;

use super::lineage::NodeIndex;
use super::node_life::is_of_life;
use super::tracker::Tracker;
use crate::model::{Effect, Level};

impl Tracker {
    /// Keeps what dbt writes about a node beside its result, and the errors that belong to no node of the run.
    pub(super) fn note_diagnostic(&mut self, ix: Option<NodeIndex>, event: &Event<'_>) {
        if is_of_life(event) {
            if let Some(node) = ix.and_then(|ix| self.nodes.get_mut(&ix)) {
                node.diagnostics.add_result(event);
            }
            return;
        }
        if event.level() < dbt_events::Level::Warn {
            return;
        }
        self.note_line(ix, event.level(), &event.message());
    }

    /// Keeps a warning or an error that is not a result.
    pub(super) fn note_line(
        &mut self,
        ix: Option<NodeIndex>,
        level: dbt_events::Level,
        message: &str,
    ) {
        match ix.and_then(|ix| self.nodes.get_mut(&ix)) {
            Some(node) => node.diagnostics.add(level, message),
            None if level == dbt_events::Level::Error => self.run_info.add_error(message),
            None => {}
        }
    }

    /// The level of an event's log line: dbt's own, except for the traceback that our signal causes.
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
    pub(super) fn log(&mut self, event: &Event<'_>, ix: Option<NodeIndex>, out: &mut Vec<Effect>) {
        let level = self.level_of(event);
        if self.log_lines.includes(level) {
            self.log_line(event.ts(), level, &event.message(), ix, out);
        }
    }

    /// A log line, of a node's task run or of the flow run.
    pub(super) fn log_line(
        &mut self,
        at: Timestamp,
        level: Level,
        message: &str,
        ix: Option<NodeIndex>,
        out: &mut Vec<Effect>,
    ) {
        let owner = ix.filter(|&ix| !self.lineage.details(ix).is_ephemeral());
        let task = owner.map(|ix| self.task_ref(ix));
        out.extend(
            self.log_lines
                .line(at, level, message, owner, task)
                .map(Effect::Log),
        );
    }
}
