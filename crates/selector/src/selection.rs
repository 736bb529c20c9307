//! The result of a selection.

use dbt_manifest::Node;

use crate::warning::Warning;

/// The selected nodes, sorted by unique id, and the warnings that dbt would show.
#[derive(Debug, Clone)]
pub struct Selection<'m> {
    nodes: Vec<&'m Node>,
    warnings: Vec<Warning>,
}

impl<'m> Selection<'m> {
    pub(crate) fn new(nodes: Vec<&'m Node>, warnings: Vec<Warning>) -> Self {
        Self { nodes, warnings }
    }

    /// The nodes, sorted by unique id.
    #[must_use]
    pub fn nodes(&self) -> &[&'m Node] {
        &self.nodes
    }

    /// The unique ids of the nodes, sorted.
    pub fn unique_ids(&self) -> impl Iterator<Item = &'m str> {
        self.nodes.iter().map(|node| node.unique_id.as_str())
    }

    /// Whether the node with this unique id is selected.
    #[must_use]
    pub fn contains(&self, unique_id: &str) -> bool {
        self.nodes
            .binary_search_by(|node| node.unique_id.as_str().cmp(unique_id))
            .is_ok()
    }

    /// Whether no node is selected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The warnings, in dbt's order.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Keeps the nodes for which `keep` returns true.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Node) -> bool) {
        self.nodes.retain(|node| keep(node));
    }

    pub(crate) fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }
}
