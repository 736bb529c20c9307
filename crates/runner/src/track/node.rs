//! How far a node is.

use jiff::Timestamp;

use super::lineage::Ix;
use super::outcome::Outcome;

/// How far a node is that an event has told of.
#[derive(Debug)]
pub(super) struct Node {
    /// When it began, as far as that is known.
    pub(super) started: Timestamp,
    /// Whether `started` is what dbt says of the start, not just the time of some event.
    pub(super) start_is_known: bool,
    /// Whether it was reported as running.
    pub(super) is_running: bool,
    /// Whether it has reached its terminal state: nothing changes after that.
    pub(super) is_over: bool,
    /// Whether it was seen to run in batches, whose results come under its own unique_id.
    pub(super) has_batches: bool,
    /// Whether the result of all batches was announced: the next NodeFinished is the last.
    pub(super) is_last_result: bool,
    /// What is known of its outcome before it is final: an exception, a failed hook, a batch, a status in passing.
    pub(super) hint: Option<Outcome>,
    /// The node whose failure stands behind this one's not succeeding; itself if it failed.
    pub(super) blame: Option<Ix>,
}

impl Node {
    pub(super) fn new(seen: Timestamp, has_batches: bool) -> Self {
        Self {
            started: seen,
            start_is_known: false,
            is_running: false,
            is_over: false,
            has_batches,
            is_last_result: false,
            hint: None,
            blame: None,
        }
    }

    /// Takes over dbt's word for the start; the first word counts, since batches have starts of their own.
    pub(super) fn starts_at(&mut self, at: Timestamp) {
        if !self.start_is_known && !self.is_over {
            (self.started, self.start_is_known) = (at, true);
        }
    }

    /// Whether a NodeFinished with that outcome is the last of this node.
    pub(super) fn ends_with(&self, outcome: &Outcome) -> bool {
        !self.has_batches || self.is_last_result || (outcome.is_skip() && !self.is_running)
    }
}
