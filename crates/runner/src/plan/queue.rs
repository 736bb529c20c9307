//! dbt's queue: which node waits for which, and in which order nodes that wait for nothing start.

use std::collections::HashMap;

use dbt_manifest::{Manifest, Node, ResourceType};
use dbt_selector::{Command, Selection};

use super::test_edges::test_edges;

/// The nodes of a manifest as dbt's queue sees them, by their place in the order of the unique_ids.
///
/// Nodes that are not in the queue stay in the graph and take no time: what is downstream of them waits for what is upstream
/// of them, as in dbt.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    /// The nodes that each node waits for.
    pub(super) parents: Vec<Vec<usize>>,
    /// Whether the node is in the queue.
    pub(super) is_queued: Vec<bool>,
    /// All nodes, each after those that it waits for. A node on a circle, which dbt would refuse, is missing.
    pub(super) order: Vec<usize>,
    /// dbt's priority: the number of queued nodes on the longest path to the node. The lowest starts first, and of equal ones
    /// the first unique_id.
    pub(super) scores: Vec<usize>,
}

impl Queue {
    /// The queue of a command for the selected nodes. In a `build`, unit tests run with their models and are not in it.
    pub(super) fn new(nodes: &[&Node], selection: &Selection<'_>, command: Command) -> Self {
        let is_build = command == Command::Build;
        // Both are sorted by unique_id.
        let mut selected = selection.nodes().iter().peekable();
        let is_queued = nodes.iter().map(|node| {
            let is_selected = selected.next_if(|next| std::ptr::eq(**next, *node));
            is_selected.is_some() && !(is_build && node.resource_type == ResourceType::UnitTest)
        });
        let is_queued = is_queued.collect();
        let mut parents = match command {
            // A clone depends on no other relation.
            Command::Clone => vec![Vec::new(); nodes.len()],
            _ => parents(nodes),
        };
        if is_build {
            for (test, node) in test_edges(nodes, &parents) {
                parents[node].push(test);
            }
        }
        Self::of(parents, is_queued)
    }

    /// The queue of a graph.
    pub(super) fn of(parents: Vec<Vec<usize>>, is_queued: Vec<bool>) -> Self {
        let order = topological(&parents);
        let mut scores = vec![0; parents.len()];
        for &node in &order {
            let above = parents[node]
                .iter()
                .map(|&parent| scores[parent] + usize::from(is_queued[parent]));
            scores[node] = above.max().unwrap_or_default();
        }
        Self {
            parents,
            is_queued,
            order,
            scores,
        }
    }

    /// The nodes that wait for each node.
    pub(super) fn children(&self) -> Vec<Vec<usize>> {
        children(&self.parents)
    }
}

/// The nodes of a manifest that dbt puts into its graph, sorted by unique_id.
pub(super) fn nodes_of(manifest: &Manifest) -> Vec<&Node> {
    manifest.iter().collect()
}

/// What each node depends on, without duplicates. dbt ignores dependencies of sources and seeds.
fn parents(nodes: &[&Node]) -> Vec<Vec<usize>> {
    let places: HashMap<&str, usize> = nodes
        .iter()
        .enumerate()
        .map(|(place, node)| (node.unique_id.as_str(), place))
        .collect();
    let of = |node: &&Node| {
        if matches!(
            node.resource_type,
            ResourceType::Source | ResourceType::Seed
        ) {
            return Vec::new();
        }
        let ids = node.depends_on_nodes();
        let mut found: Vec<usize> = ids.filter_map(|id| places.get(id).copied()).collect();
        found.sort_unstable();
        found.dedup();
        found
    };
    nodes.iter().map(of).collect()
}

/// The nodes in an order in which each comes after its parents.
pub(super) fn topological(parents: &[Vec<usize>]) -> Vec<usize> {
    let children = children(parents);
    let mut open: Vec<usize> = parents.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..parents.len()).filter(|&node| open[node] == 0).collect();
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        next += 1;
        for &child in &children[node] {
            open[child] -= 1;
            if open[child] == 0 {
                order.push(child);
            }
        }
    }
    order
}

fn children(parents: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); parents.len()];
    for (node, above) in parents.iter().enumerate() {
        above.iter().for_each(|&parent| children[parent].push(node));
    }
    children
}
