//! The graph that selections are evaluated on.

use std::collections::HashMap;
use std::sync::OnceLock;

use dbt_manifest::{Collection, Manifest, Node};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::dialect::Dialect;
use crate::files::Listing;
use crate::set::NodeSet;

/// All selectable nodes of a manifest and their dependencies. Expressions are compiled against it.
///
/// Building it takes a fraction of the time that reading the manifest takes. One graph serves any number of expressions.
#[derive(Debug)]
pub struct SelectionGraph<'m> {
    pub(super) manifest: &'m Manifest,
    pub(super) dialect: Dialect,
    /// Sorted by unique id, so that indices have the order of the ids.
    pub(super) nodes: Vec<&'m Node>,
    pub(super) index: HashMap<&'m str, usize>,
    pub(super) edges: DiGraph<(), ()>,
    /// The nodes that can be selected, and reached by graph operators.
    pub(super) members: NodeSet,
    /// Data tests and unit tests.
    pub(super) tests: NodeSet,
    pub(super) sources: NodeSet,
    /// Nodes with a dependency that the manifest does not contain.
    pub(super) dangling: NodeSet,
    /// The files that the manifest names, listed on first use.
    pub(super) files: OnceLock<Listing>,
}

impl<'m> SelectionGraph<'m> {
    /// The manifest that the graph was built from.
    pub fn manifest(&self) -> &'m Manifest {
        self.manifest
    }

    /// The version of dbt whose rules apply.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The number of nodes. Their indices are `0..len`.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn node(&self, index: usize) -> &'m Node {
        self.nodes[index]
    }

    pub(crate) fn index(&self, unique_id: &str) -> Option<usize> {
        self.index.get(unique_id).copied()
    }

    pub(crate) fn is_member(&self, node: usize) -> bool {
        self.members.contains(node)
    }

    pub(crate) fn is_test(&self, node: usize) -> bool {
        self.tests.contains(node)
    }

    /// All sources, selectable or not.
    pub(crate) fn sources(&self) -> &NodeSet {
        &self.sources
    }

    /// The nodes that `node` directly depends on.
    pub(crate) fn parent_indices(&self, node: usize) -> impl Iterator<Item = usize> {
        self.neighbours(node, petgraph::Direction::Incoming)
    }

    /// The nodes that directly depend on `node`.
    pub(crate) fn child_indices(&self, node: usize) -> impl Iterator<Item = usize> {
        self.neighbours(node, petgraph::Direction::Outgoing)
    }

    /// Whether all direct dependencies of `node` are in `set`.
    pub(crate) fn has_parents_in(&self, node: usize, set: &NodeSet) -> bool {
        !self.dangling.contains(node)
            && self.parent_indices(node).all(|parent| set.contains(parent))
    }

    /// The selectable nodes for which `matches` returns true.
    pub(crate) fn matching(&self, mut matches: impl FnMut(&'m Node) -> bool) -> NodeSet {
        self.members.filtered(|node| matches(self.node(node)))
    }

    /// The same for methods that match all kinds of nodes. Before dbt 1.9 they did not match saved queries.
    pub(crate) fn matching_any(&self, mut matches: impl FnMut(&'m Node) -> bool) -> NodeSet {
        let knows_saved_queries = self.dialect >= Dialect::V1_9;
        self.matching(|node| {
            (knows_saved_queries || node.collection != Collection::SavedQueries) && matches(node)
        })
    }

    pub(super) fn neighbours(
        &self,
        node: usize,
        direction: petgraph::Direction,
    ) -> impl Iterator<Item = usize> {
        self.edges
            .neighbors_directed(NodeIndex::new(node), direction)
            .map(NodeIndex::index)
    }
}
