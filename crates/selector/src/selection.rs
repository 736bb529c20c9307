//! The result of a selection.

use dbt_manifest::Node;

use crate::warning::Warning;

/// The nodes that an expression selects, in the order of their unique ids, and what dbt would warn about.
#[derive(Debug, Clone)]
pub struct Selection<'m> {
    nodes: Vec<&'m Node>,
    warnings: Vec<Warning>,
}

impl<'m> Selection<'m> {
    pub(crate) fn new(nodes: Vec<&'m Node>, warnings: Vec<Warning>) -> Self {
        Self { nodes, warnings }
    }

    /// The nodes, in the order of their unique ids.
    pub fn nodes(&self) -> &[&'m Node] {
        &self.nodes
    }

    /// Their unique ids, in the same order.
    pub fn unique_ids(&self) -> impl Iterator<Item = &'m str> {
        self.nodes.iter().map(|node| node.unique_id.as_str())
    }

    /// Whether the node of that unique id is selected.
    pub fn contains(&self, unique_id: &str) -> bool {
        self.nodes
            .binary_search_by(|node| node.unique_id.as_str().cmp(unique_id))
            .is_ok()
    }

    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The warnings, in the order in which dbt gives them.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Keeps the nodes for which `keep` holds.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Node) -> bool) {
        self.nodes.retain(|node| keep(node));
    }

    pub(crate) fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }
}
