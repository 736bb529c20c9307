//! Failures of SQL hooks before dbt 1.9, whose events do not name the hook.

use dbt_events::{Event, EventName, RunResultError};

use super::lineage::NodeIndex;
use super::node_outcome::{NodeOutcome, plain_text};
use super::tracker::Tracker;
use crate::model::NodeStatus;

/// A hook that failed, found from an event that does not name it.
#[derive(Debug)]
pub(super) struct UnnamedHookFailure {
    hook: NodeIndex,
    /// Whether the next lines of the closing report are its message.
    in_message: bool,
}

impl Tracker {
    /// Takes an event without a node. After a failed hook dbt runs no more hooks of its kind; the message comes with the
    /// closing report, in one piece or line by line.
    pub(super) fn on_event_without_node(&mut self, event: &Event<'_>) {
        match event.name() {
            EventName::DatabaseErrorRunningHook => self.fail_hook(event),
            EventName::RunResultError | EventName::FirstRunResultError => {
                let data = event.data::<RunResultError<'_>>().unwrap_or_default();
                if let Some(failure) = &mut self.unnamed_hook_failure {
                    failure.in_message = data.msg.starts_with("on-run-");
                }
                self.add_to_message(&data.msg);
            }
            EventName::AfterFirstRunResultError => {
                let data = event.data::<RunResultError<'_>>().unwrap_or_default();
                self.add_to_message(&data.msg);
            }
            _ => {}
        }
    }

    /// Hooks run one at a time: the one that failed is the last one that started.
    fn fail_hook(&mut self, event: &Event<'_>) {
        let open = |ix: &NodeIndex| {
            self.lineage.details(*ix).is_hook()
                && self.nodes.get(ix).is_some_and(|node| !node.is_finished)
        };
        let Some(hook) = self.mentioned.iter().rev().copied().find(open) else {
            return;
        };
        if let Some(node) = self.nodes.get_mut(&hook) {
            node.provisional = Some(NodeOutcome::of_status(NodeStatus::Error, event.ts()));
        }
        self.unnamed_hook_failure = Some(UnnamedHookFailure {
            hook,
            in_message: false,
        });
    }

    fn add_to_message(&mut self, line: &str) {
        let Some(failure) = self
            .unnamed_hook_failure
            .as_ref()
            .filter(|failure| failure.in_message)
        else {
            return;
        };
        let node = self.nodes.get_mut(&failure.hook);
        if let Some(provisional) = node.and_then(|node| node.provisional.as_mut()) {
            let before = provisional.message.take();
            let whole =
                before.map_or_else(|| line.to_owned(), |before| format!("{before}\n{line}"));
            provisional.message = plain_text(&whole);
        }
    }
}
