//! The end of SQL hooks. The message of a failed one comes after its end: in dbt 1 with the closing report, in dbt 2 with the
//! next error line, mostly without naming the hook.

use std::borrow::Cow;

use dbt_events::{Event, EventName, HookEnd, Level, RunResultError};

use super::diagnostics::without_level;
use super::lineage::NodeIndex;
use super::node_life::is_of_life;
use super::node_outcome::{NodeOutcome, plain_text};
use super::tracker::Tracker;
use crate::model::{Effect, NodeStatus};

/// What dbt says next, as far as it matters to a hook that failed.
pub(super) enum Heard<'a> {
    /// An error line.
    Error(Cow<'a, str>),
    /// Something of the life of a node or hook.
    Life,
    /// The end of the command.
    End,
    /// Anything else.
    Other,
}

impl<'a> Heard<'a> {
    pub(super) fn of_event(event: &Event<'a>) -> Self {
        match event.name() {
            EventName::CommandCompleted => Self::End,
            _ if is_of_life(event) => Self::Life,
            _ if event.level() == Level::Error => Self::Error(event.message()),
            _ => Self::Other,
        }
    }
}

impl Tracker {
    /// The end of a SQL hook. The message of a failed hook comes later, with dbt's closing report.
    pub(super) fn on_hook_end(
        &mut self,
        ix: NodeIndex,
        node_status: NodeStatus,
        event: &Event<'_>,
        out: &mut Vec<Effect>,
    ) {
        let data = event.data::<HookEnd<'_>>().unwrap_or_default();
        let status = hook_status(&data.status, node_status);
        self.end_hook(ix, NodeOutcome::of_status(status, event.ts()), out);
    }

    /// Ends a hook, unless its message is still to come.
    pub(super) fn end_hook(&mut self, ix: NodeIndex, outcome: NodeOutcome, out: &mut Vec<Effect>) {
        match self.nodes.get_mut(&ix) {
            Some(node) if outcome.is_failure() => {
                node.provisional = Some(outcome);
                self.failed_hook = Some(ix).filter(|_| self.run_info.is_dbt_2);
            }
            _ => self.finish_node(ix, outcome, out),
        }
    }

    /// The message of a failed SQL hook, in dbt's closing report.
    pub(super) fn on_hook_error(
        &mut self,
        ix: NodeIndex,
        event: &Event<'_>,
        out: &mut Vec<Effect>,
    ) {
        let is_hook = self.lineage.details(ix).is_hook();
        let failed = self.nodes.get_mut(&ix).and_then(|node| {
            node.provisional
                .take_if(|provisional| is_hook && provisional.is_failure())
        });
        if let Some(mut outcome) = failed {
            let data = event.data::<RunResultError<'_>>().unwrap_or_default();
            outcome.message = plain_text(&data.msg);
            self.finish_node(ix, outcome, out);
        }
    }

    /// Ends the hook that failed: with the next error that is of no other node, at the latest when something else begins.
    pub(super) fn finish_failed_hook(
        &mut self,
        ix: Option<NodeIndex>,
        heard: &Heard<'_>,
        out: &mut Vec<Effect>,
    ) {
        let is_of_another = ix.is_some() && ix != self.failed_hook;
        match heard {
            Heard::Error(message) if !is_of_another => self.end_failed_hook(Some(message), out),
            Heard::Life if is_of_another => self.end_failed_hook(None, out),
            Heard::End => self.end_failed_hook(None, out),
            _ => {}
        }
    }

    /// Ends the hook that failed, if there is one, with this message.
    pub(super) fn end_failed_hook(&mut self, message: Option<&str>, out: &mut Vec<Effect>) {
        let Some(hook) = self.failed_hook.take() else {
            return;
        };
        let outcome = self
            .nodes
            .get_mut(&hook)
            .and_then(|node| node.provisional.take());
        if let Some(mut outcome) = outcome {
            outcome.message = message.map(without_level).filter(|text| !text.is_empty());
            self.finish_node(hook, outcome, out);
        }
    }
}

/// The status of a SQL hook that ended. Before dbt 1.9 the event's own status is the adapter's answer (`OK`,
/// `INSERT 0 1`), and only node_info holds the status.
fn hook_status(status: &str, node_status: NodeStatus) -> NodeStatus {
    match NodeStatus::from(status.to_ascii_lowercase()) {
        NodeStatus::Unknown(_) if node_status.is_final() => node_status,
        status => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_an_adapter_is_not_the_status_of_a_hook() {
        let status = |status, node_status| hook_status(status, NodeStatus::from(node_status));
        assert_eq!(status("INSERT 0 1", "success"), NodeStatus::Success);
        assert_eq!(status("OK", "success"), NodeStatus::Success);
        assert_eq!(status("error", "started"), NodeStatus::Error);
        assert!(status("exploded", "started").is_failure());
    }
}
