//! Which failure made dbt skip a node.

use std::collections::HashSet;

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
        if let Some(above) = self.nodes.get(&ix).and_then(|node| node.skipped_because_of) {
            let root = self.nodes.get(&above).and_then(|node| node.root_failure);
            return root
                .or_else(|| self.failed_tests.get(&above).copied())
                .or(Some(above));
        }
        let upstream = self.directly_above(ix);
        let failed = |other: &NodeIndex| self.nodes.get(other).and_then(|node| node.root_failure);
        let tested = |other: &NodeIndex| self.failed_tests.get(other).copied();
        upstream
            .iter()
            .find_map(failed)
            .or_else(|| upstream.iter().find_map(tested))
            .or_else(|| self.unfinished_failure(&upstream))
            .or(self.announced.last().copied())
    }

    /// The failed node at or above these whose last event is lost: dbt announced to skip what is below it, or another of
    /// its events has its failure. Nodes that are not in the run, and skipped ones whose last event is lost, lead further up.
    fn unfinished_failure(&self, start: &[NodeIndex]) -> Option<NodeIndex> {
        let (mut seen, mut todo) = (HashSet::new(), start.to_vec());
        while let Some(ix) = todo.pop() {
            if !seen.insert(ix) {
                continue;
            }
            if self.announced.contains(&ix) {
                return Some(ix);
            }
            let Some(node) = self.nodes.get(&ix) else {
                todo.extend(self.directly_above(ix));
                continue;
            };
            match node.provisional.as_ref().filter(|_| !node.is_finished) {
                Some(outcome) if outcome.is_failure() => return Some(ix),
                Some(outcome) if outcome.is_skip() => todo.extend(self.directly_above(ix)),
                _ => {}
            }
        }
        None
    }

    /// What a node waits for. In `build`, unit tests run before their model: they wait for what the model waits for.
    pub(super) fn directly_above(&self, ix: NodeIndex) -> Vec<NodeIndex> {
        let parents = self.lineage.depends_on(ix);
        if self.lineage.details(ix).is_unit_test() {
            let above = parents
                .iter()
                .flat_map(|&model| self.lineage.depends_on(model));
            return above.copied().collect();
        }
        let unit_tests = self.lineage.unit_tests(ix).iter();
        unit_tests.chain(parents).copied().collect()
    }
}
