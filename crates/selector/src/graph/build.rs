//! Builds the graph from a manifest.

use std::collections::HashMap;
use std::sync::OnceLock;

use dbt_manifest::{Manifest, Node, ResourceType};
use petgraph::graph::{DiGraph, NodeIndex};

use super::SelectionGraph;
use super::kind::{has_parents, is_member, is_test};
use crate::dialect::Dialect;
use crate::set::NodeSet;

impl<'m> SelectionGraph<'m> {
    /// Builds the graph, with the rules of the version of dbt that wrote the manifest.
    pub fn new(manifest: &'m Manifest) -> Self {
        let version = manifest.metadata().dbt_version.as_deref();
        Self::with_dialect(
            manifest,
            version
                .and_then(Dialect::from_dbt_version)
                .unwrap_or_default(),
        )
    }

    /// Builds the graph, with the rules of another version of dbt.
    #[must_use]
    pub fn with_dialect(manifest: &'m Manifest, dialect: Dialect) -> Self {
        let nodes: Vec<&Node> = manifest.iter().collect();
        let index: HashMap<&str, usize> = nodes
            .iter()
            .enumerate()
            .map(|(at, node)| (node.unique_id.as_str(), at))
            .collect();
        let len = nodes.len();

        let mut edges = DiGraph::with_capacity(len, 4 * len);
        (0..len).for_each(|_| {
            edges.add_node(());
        });
        let mut dangling = NodeSet::empty(len);
        for (at, node) in nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| has_parents(node))
        {
            let mut parents: Vec<usize> = node
                .depends_on_nodes()
                .filter_map(|parent| index.get(parent).copied())
                .collect();
            if parents.len() < node.depends_on_nodes().count() {
                dangling.insert(at);
            }
            // dbt may list a parent more than once.
            parents.sort_unstable();
            parents.dedup();
            for parent in parents {
                edges.add_edge(NodeIndex::new(parent), NodeIndex::new(at), ());
            }
        }
        let members = NodeSet::of(len, |at| is_member(nodes[*at]));
        let tests = NodeSet::of(len, |at| is_test(nodes[*at]));
        let sources = NodeSet::of(len, |at| nodes[*at].resource_type == ResourceType::Source);
        Self {
            manifest,
            dialect,
            nodes,
            index,
            edges,
            members,
            tests,
            sources,
            dangling,
            files: OnceLock::new(),
        }
    }
}
