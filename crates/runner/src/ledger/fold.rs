//! The ledger as a fold over the effects of an attempt.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fingerprint::Fingerprint;
use crate::model::{Effect, NodeStatus, RemainingWork, StateKind};

/// What is known of an attempt when it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LedgerHead {
    /// The id of the attempt.
    pub(crate) run_id: Uuid,
    /// Its number, from 1.
    pub(crate) attempt: u32,
    /// When it started.
    pub(crate) started: Timestamp,
    /// The version of dbt.
    pub(crate) dbt_version: String,
    /// What it ran.
    pub(crate) fingerprint: Fingerprint,
}

/// What is still to do of an attempt, after the effects that it has taken.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ledger {
    pub(crate) head: LedgerHead,
    /// `None` while it is not known what the attempt is going to run.
    pub(crate) work: Option<RemainingWork>,
    /// Nodes that ended before the work was known.
    early: BTreeMap<String, NodeStatus>,
    /// Whether the attempt has succeeded.
    pub(crate) has_succeeded: bool,
}

impl Ledger {
    /// The ledger of an attempt that starts.
    pub(crate) fn new(head: LedgerHead) -> Self {
        Self {
            head,
            work: None,
            early: BTreeMap::new(),
            has_succeeded: false,
        }
    }

    /// The ledger of an attempt with this work.
    #[cfg(feature = "cli")]
    pub(super) fn with_work(head: LedgerHead, work: RemainingWork) -> Self {
        Self {
            work: Some(work),
            ..Self::new(head)
        }
    }

    /// Takes the next effect. Returns whether the ledger has changed.
    pub(crate) fn take(&mut self, effect: &Effect) -> bool {
        match effect {
            Effect::Remaining(work) => {
                let mut work = work.clone();
                for (id, status) in std::mem::take(&mut self.early) {
                    note_end(&mut work, &id, &status);
                }
                let work = Some(work);
                let has_changed = self.work != work;
                self.work = work;
                has_changed
            }
            Effect::NodeFinished(task, end) => {
                let status = &end.result.status;
                if let Some(work) = &mut self.work {
                    return note_end(work, &task.unique_id, status);
                }
                self.early.insert(task.unique_id.clone(), status.clone());
                false
            }
            Effect::RunFinished(end) => {
                self.has_succeeded = end.state.kind == StateKind::Completed;
                self.has_succeeded
            }
            _ => false,
        }
    }
}

/// Notes that a node has ended. Returns whether that is news.
fn note_end(work: &mut RemainingWork, id: &str, status: &NodeStatus) -> bool {
    if status.is_success() {
        return work.nodes.remove(id).is_some();
    }
    let Some(node) = work.nodes.get_mut(id) else {
        return false;
    };
    // A node that was cancelled, or whose end is not known, runs again.
    let is_known = status.is_retried_by_dbt();
    node.status = if is_known {
        status.clone()
    } else {
        NodeStatus::Error
    };
    true
}
