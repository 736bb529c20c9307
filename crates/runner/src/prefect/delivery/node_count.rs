//! How many nodes a run has.

use crate::model::Effect;

/// The nodes of a run, as far as the journal has been read.
#[derive(Debug, Default)]
pub(super) struct NodeCount {
    /// How many nodes dbt has announced; 0 until it does.
    announced: usize,
    started: usize,
    ended: usize,
}

impl NodeCount {
    /// Takes note of an effect. An end counts once it is paid for, see [`NodeCount::add_end`].
    pub(super) fn note(&mut self, effect: &Effect) {
        match effect {
            Effect::Total(nodes) => self.announced = usize::try_from(*nodes).unwrap_or(usize::MAX),
            Effect::NodeRunning(_) => self.started += 1,
            _ => {}
        }
    }

    pub(super) fn add_end(&mut self) {
        self.ended += 1;
    }

    /// How many nodes end in the run, as far as is known: hooks are not always announced.
    pub(super) fn expected_ends(&self) -> usize {
        self.announced.max(self.started).max(self.ended)
    }

    /// Whether every announced node has ended; false while none is announced.
    pub(super) fn all_ended(&self) -> bool {
        self.announced > 0 && self.ended >= self.announced
    }
}
