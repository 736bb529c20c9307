//! Follows the edges of the graph, layer by layer.

use petgraph::Direction;

use super::SelectionGraph;
use crate::ast::Depth;
use crate::set::NodeSet;

impl SelectionGraph<'_> {
    /// `from`, and its ancestors within `depth` layers.
    pub(crate) fn with_ancestors(&self, from: &NodeSet, depth: Depth) -> NodeSet {
        self.walk(from, depth, Direction::Incoming)
    }

    /// `from`, and its descendants within `depth` layers.
    pub(crate) fn with_descendants(&self, from: &NodeSet, depth: Depth) -> NodeSet {
        self.walk(from, depth, Direction::Outgoing)
    }

    /// Breadth first, so that the depth of a node is its distance from the nearest node of `from`.
    pub(super) fn walk(&self, from: &NodeSet, depth: Depth, direction: Direction) -> NodeSet {
        let mut seen = from.clone();
        let mut layer: Vec<usize> = from.iter().collect();
        let mut left = depth;
        while !layer.is_empty() && left != Depth::Layers(0) {
            let mut next = Vec::new();
            for node in layer {
                let fresh = self.neighbours(node, direction);
                next.extend(fresh.filter(|node| self.is_member(*node) && seen.insert_new(*node)));
            }
            layer = next;
            left = match left {
                Depth::Unlimited => Depth::Unlimited,
                Depth::Layers(layers) => Depth::Layers(layers - 1),
            };
        }
        seen
    }
}
