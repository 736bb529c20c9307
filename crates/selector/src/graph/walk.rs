//! Walking the graph, layer by layer.

use petgraph::Direction;

use super::SelectionGraph;
use crate::ast::Depth;
use crate::set::NodeSet;

impl SelectionGraph<'_> {
    /// `from`, and what it depends on within `depth` layers.
    pub(crate) fn with_ancestors(&self, from: &NodeSet, depth: Depth) -> NodeSet {
        self.walk(from, depth, Direction::Incoming)
    }

    /// `from`, and what depends on it within `depth` layers.
    pub(crate) fn with_descendants(&self, from: &NodeSet, depth: Depth) -> NodeSet {
        self.walk(from, depth, Direction::Outgoing)
    }

    /// The distance of a node is that from the nearest node of `from`.
    fn walk(&self, from: &NodeSet, depth: Depth, direction: Direction) -> NodeSet {
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
