//! How far a node has come.

use jiff::Timestamp;

use super::batch_failures::BatchFailures;
use super::diagnostics::Diagnostics;
use super::lineage::NodeIndex;
use super::node_outcome::NodeOutcome;

/// How far a node has come, by the events about it.
#[derive(Debug)]
pub(super) struct NodeProgress {
    /// When the node started, as far as that is known.
    pub(super) started: Timestamp,
    /// Whether `started` is the start that dbt reported, not the time of some event.
    pub(super) start_is_known: bool,
    /// Whether a running task run was reported.
    pub(super) is_running: bool,
    /// Whether the node has its terminal state, which never changes.
    pub(super) is_finished: bool,
    /// Whether the node runs in batches, whose results come under its own unique_id.
    pub(super) has_batches: bool,
    /// The batches and their errors.
    pub(super) batches: BatchFailures,
    /// Whether the result of all batches is known: the next NodeFinished is the last.
    pub(super) is_last_result: bool,
    /// An outcome that is not final yet: from an exception, a failed hook, a batch or a status in node_info.
    pub(super) provisional: Option<NodeOutcome>,
    /// The last error and the last warning that dbt wrote about the node.
    pub(super) diagnostics: Diagnostics,
    /// The upstream node because of which dbt says that it skipped this one.
    pub(super) skipped_because_of: Option<NodeIndex>,
    /// The node whose failure made this one fail or be skipped; the node itself if it failed.
    pub(super) root_failure: Option<NodeIndex>,
}

impl NodeProgress {
    pub(super) fn new(seen: Timestamp, has_batches: bool) -> Self {
        Self {
            started: seen,
            start_is_known: false,
            is_running: false,
            is_finished: false,
            has_batches,
            batches: BatchFailures::default(),
            is_last_result: false,
            provisional: None,
            diagnostics: Diagnostics::default(),
            skipped_because_of: None,
            root_failure: None,
        }
    }

    /// Sets the start that dbt reported. Only the first counts, since each batch has a start.
    pub(super) fn starts_at(&mut self, at: Timestamp) {
        if !self.start_is_known && !self.is_finished {
            (self.started, self.start_is_known) = (at, true);
        }
    }

    /// Sets the start of the node's execution, which beats the start of its first phase.
    pub(super) fn executes_at(&mut self, at: Timestamp) {
        if !self.is_running && !self.is_finished {
            (self.started, self.start_is_known) = (at, true);
        }
    }

    /// Whether a NodeFinished with this outcome is the last of the node.
    pub(super) fn ends_with(&self, outcome: &NodeOutcome) -> bool {
        !self.has_batches || self.is_last_result || (outcome.is_skip() && !self.is_running)
    }
}
