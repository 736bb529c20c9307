//! Nodes that have ended before it is certain which nodes they waited for.
//!
//! dbt starts a node after those that it depends on, but for `clone`, which starts nodes in any order. (`dbt retry` of a `clone`
//! starts them in order.) A task run is reported as ended once, so its end is held back until its edges are certain.

use super::lineage::NodeIndex;
use super::tracker::Tracker;
use crate::model::{Effect, NodeEnd};

impl Tracker {
    /// Reports the end of a node, now or as soon as its edges are certain.
    pub(super) fn report_end(&mut self, ix: NodeIndex, end: NodeEnd, out: &mut Vec<Effect>) {
        match self.has_certain_edges(ix) {
            true => self.push_end(ix, end, out),
            false => self.held_ends.push((ix, end)),
        }
    }

    /// Reports the ends whose edges have become certain.
    pub(super) fn release_certain_ends(&mut self, out: &mut Vec<Effect>) {
        for (ix, end) in std::mem::take(&mut self.held_ends) {
            self.report_end(ix, end, out);
        }
    }

    /// Reports all ends: no more nodes come.
    pub(super) fn release_all_ends(&mut self, out: &mut Vec<Effect>) {
        for (ix, end) in std::mem::take(&mut self.held_ends) {
            self.push_end(ix, end, out);
        }
    }

    fn push_end(&mut self, ix: NodeIndex, end: NodeEnd, out: &mut Vec<Effect>) {
        let task = self.task_run(ix, Some(end.result.status.as_str()));
        out.push(Effect::NodeFinished(task, end));
    }

    fn has_certain_edges(&self, ix: NodeIndex) -> bool {
        self.options.command != "clone"
            || self.has_started_all_nodes()
            || self.has_started_parents(ix)
    }

    fn has_started_all_nodes(&self) -> bool {
        let total = self.run_info.node_count();
        total > 0 && self.upstream.count() >= total
    }

    /// Whether all nodes that a node depends on take part, but for sources, which never do in `clone`.
    fn has_started_parents(&self, ix: NodeIndex) -> bool {
        let parents = self.lineage.depends_on(ix).iter();
        parents
            .filter(|&&parent| !self.lineage.details(parent).is_source())
            .all(|&parent| self.upstream.takes_part(parent))
    }
}
