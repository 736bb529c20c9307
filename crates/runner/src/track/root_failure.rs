//! Which failure made dbt skip a node.

use super::lineage::NodeIndex;
use super::node_outcome::NodeOutcome;
use super::tracker::Tracker;

impl Tracker {
    /// The node that failed first upstream of this one; the node itself if it failed, `None` if it succeeded.
    pub(super) fn root_failure(&self, ix: NodeIndex, outcome: &NodeOutcome) -> Option<NodeIndex> {
        if outcome.is_failure() {
            return Some(ix);
        }
        if !outcome.is_skip() {
            return None;
        }
        let unit_tests = self.lineage.unit_tests(ix).iter();
        let upstream = unit_tests.chain(self.lineage.depends_on(ix));
        let failed = |other: &NodeIndex| self.nodes.get(other).and_then(|node| node.root_failure);
        upstream
            .clone()
            .find_map(failed)
            .or_else(|| {
                upstream
                    .clone()
                    .find_map(|other| self.failed_tests.get(other).copied())
            })
            .or(self.last_failed)
    }
}
