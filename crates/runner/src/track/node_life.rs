//! Which events bring a node into the run: those of its own life.

use dbt_events::{CancelLine, Connection, Event, EventName};

use super::lineage::NodeIndex;
use super::tracker::Tracker;

/// Whether an event with a node is one of the node's own life: its start, hook, batch or result, a skip or an exception.
/// Any other event is a diagnostic that merely names the node. So are the phases of a node (`NodeCompiling`,
/// `NodeExecuting`): dbt 2 also compiles nodes that are not selected, such as the model of a unit test.
pub(super) fn is_of_life(event: &Event<'_>) -> bool {
    use EventName::{
        CatchableExceptionOnRun, GenericExceptionOnRun, InternalErrorOnRun, SkippingDetails,
    };
    match event.name() {
        SkippingDetails | CatchableExceptionOnRun | GenericExceptionOnRun | InternalErrorOnRun => {
            true
        }
        // By form, since releases add events: LogSeedResult, LogFunctionResult, LogStartBatch, LogHookEndLine, ...
        _ => match event.raw_name() {
            "NodeStart" | "NodeFinished" => true,
            name => name.strip_prefix("Log").is_some_and(|rest| {
                rest.starts_with("Start") || rest.ends_with("Result") || rest.starts_with("Hook")
            }),
        },
    }
}

/// Whether a line is what dbt prints in place of an event that it cannot serialise (a node's meta may hold a number that
/// JSON has not).
pub(super) fn is_lost_event(line: &str) -> bool {
    line.trim() == "{}"
}

fn is_connection(name: EventName) -> bool {
    matches!(name, EventName::NewConnection | EventName::ConnectionReused)
}

impl Tracker {
    /// Whether the manifest is needed for this event: dbt works at a node, so it has written its manifest.
    #[must_use]
    pub fn needs_manifest(&self, event: &Event<'_>) -> bool {
        let is_connection = || {
            let data = event.data::<Connection<'_>>().unwrap_or_default();
            is_connection(event.name()) && data.conn_name.contains('.')
        };
        (event.has_node() && is_of_life(event)) || (self.has_lost_events && is_connection())
    }

    /// A connection that bears a node's name: dbt works at the node, even if it can write none of the node's events. Other
    /// nodes may wait for it from now on.
    pub(super) fn on_connection(&mut self, event: &Event<'_>) {
        if !is_connection(event.name()) {
            return;
        }
        let data = event.data::<Connection<'_>>().unwrap_or_default();
        let Some(ix) = self.lineage.find(&data.conn_name) else {
            return;
        };
        // A SQL hook begins with its LogHookStartLine, not with its preparation.
        if !self.nodes.contains_key(&ix) && !self.lineage.details(ix).is_hook() {
            self.add_node(ix, event.ts());
        }
    }

    /// The open node whose query dbt cancels with this event. dbt cancels idle connections and its own, too: those count
    /// for nothing.
    pub(super) fn on_cancel(&mut self, event: &Event<'_>) -> Option<NodeIndex> {
        if event.name() != EventName::LogCancelLine {
            return None;
        }
        let data = event.data::<CancelLine<'_>>().unwrap_or_default();
        let ix = self.lineage.find(&data.conn_name)?;
        if self.nodes.get(&ix)?.is_finished {
            return None;
        }
        self.cancelled_queries.push(data.conn_name.to_string());
        Some(ix)
    }
}
