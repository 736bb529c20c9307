//! SQL hooks that fail under dbt before 1.9, which tells of that without naming them.

use dbt_events::{Event, EventName, RunResultError};

use super::lineage::Ix;
use super::outcome;
use super::outcome::Outcome;
use super::tracker::Tracker;
use crate::model::NodeStatus;

/// A hook whose failure came without its name.
#[derive(Debug)]
pub(super) struct Unnamed {
    hook: Ix,
    /// Whether the lines that come are its message.
    is_being_told: bool,
}

impl Tracker {
    /// Takes an event without a node. The failure of a hook ends what is to come of its kind; its message comes with the
    /// closing report, in one piece or line by line.
    pub(super) fn on_unnamed(&mut self, event: &Event<'_>) {
        match event.name() {
            EventName::DatabaseErrorRunningHook => self.fail_hook(event),
            EventName::RunResultError | EventName::FirstRunResultError => {
                let told = event.data::<RunResultError<'_>>().unwrap_or_default();
                if let Some(unnamed) = &mut self.unnamed {
                    unnamed.is_being_told = told.msg.starts_with("on-run-");
                }
                self.add_to_message(&told.msg);
            }
            EventName::AfterFirstRunResultError => {
                let told = event.data::<RunResultError<'_>>().unwrap_or_default();
                self.add_to_message(&told.msg);
            }
            _ => {}
        }
    }

    /// Hooks run one by one: the one that failed is the last that began.
    fn fail_hook(&mut self, event: &Event<'_>) {
        let open = |ix: &Ix| {
            self.lineage.facts(*ix).is_hook()
                && self.nodes.get(ix).is_some_and(|node| !node.is_over)
        };
        let Some(hook) = self.mentioned.iter().rev().copied().find(open) else {
            return;
        };
        if let Some(node) = self.nodes.get_mut(&hook) {
            node.hint = Some(Outcome::of_status(NodeStatus::Error, event.ts()));
        }
        self.unnamed = Some(Unnamed {
            hook,
            is_being_told: false,
        });
    }

    fn add_to_message(&mut self, line: &str) {
        let Some(unnamed) = self
            .unnamed
            .as_ref()
            .filter(|unnamed| unnamed.is_being_told)
        else {
            return;
        };
        let node = self.nodes.get_mut(&unnamed.hook);
        if let Some(hint) = node.and_then(|node| node.hint.as_mut()) {
            let before = hint.message.take();
            let whole =
                before.map_or_else(|| line.to_owned(), |before| format!("{before}\n{line}"));
            hint.message = outcome::text(&whole);
        }
    }
}
