//! The job queue of a dbt command: its nodes, their dependencies, and their scores.

use std::collections::{BTreeMap, BTreeSet};

use dbt_manifest::ResourceType;
use serde::Serialize;

use crate::ast::Depth;
use crate::command::Command;
use crate::graph::{SelectionGraph, is_in_nodes};
use crate::selection::Selection;
use crate::set::NodeSet;

/// The job queue of a command. Of the nodes that wait for nothing, dbt first starts the one with the lowest score, and of
/// equal scores the one with the first unique id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Queue<'m> {
    /// The unique ids, sorted. Without unit tests for `build`, which runs them with their models.
    pub nodes: Vec<&'m str>,
    /// Pairs of a node and one that waits for it: a path leads from the first to the second through nodes that are not
    /// selected.
    pub edges: Vec<(&'m str, &'m str)>,
    /// The number of edges on the longest path to each node, by unique id.
    pub scores: BTreeMap<&'m str, usize>,
}

impl<'m> Queue<'m> {
    /// The queue of `command` for the selected nodes.
    pub fn new(graph: &SelectionGraph<'m>, selection: &Selection<'m>, command: Command) -> Self {
        let mut selected = NodeSet::empty(graph.len());
        let is_queued = |node: &usize| command != Command::Build || !is_unit_test(graph, *node);
        let indices = selection.unique_ids().filter_map(|id| graph.index(id));
        indices
            .filter(is_queued)
            .for_each(|node| selected.insert(node));

        let waiting = Waiting {
            graph,
            selected: &selected,
            waits_for_tests: command == Command::Build,
        };
        let upstream: BTreeMap<usize, Vec<usize>> = match command {
            // A clone depends on no other relation.
            Command::Clone => selected.iter().map(|node| (node, Vec::new())).collect(),
            _ => selected
                .iter()
                .map(|node| (node, waiting.upstream(node)))
                .collect(),
        };
        let id = |node: usize| graph.node(node).unique_id.as_str();
        // Indices have the order of the ids, and are smaller.
        let pairs = upstream
            .iter()
            .flat_map(|(node, from)| from.iter().map(|from| (*from, *node)));
        let mut edges: Vec<(usize, usize)> = pairs.collect();
        edges.sort_unstable();
        Self {
            nodes: selected.iter().map(id).collect(),
            edges: edges
                .into_iter()
                .map(|(from, to)| (id(from), id(to)))
                .collect(),
            scores: scores(&upstream)
                .into_iter()
                .map(|(node, score)| (id(node), score))
                .collect(),
        }
    }
}

/// Finds the selected nodes that another one waits for.
struct Waiting<'g, 'm> {
    graph: &'g SelectionGraph<'m>,
    selected: &'g NodeSet,
    /// Whether nodes also wait for the tests of their ancestors, as in `build`.
    waits_for_tests: bool,
}

impl Waiting<'_, '_> {
    /// The selected nodes that `node` waits for: a path leads from them to `node` through nodes that are not selected.
    fn upstream(&self, node: usize) -> Vec<usize> {
        let mut seen = NodeSet::empty(self.graph.len());
        let mut found = Vec::new();
        let mut open = vec![node];
        // The ancestors of nodes whose tests were collected: their tests are collected as well.
        let mut covered = NodeSet::empty(self.graph.len());
        while let Some(at) = open.pop() {
            let mut before: Vec<usize> = self.graph.parent_indices(at).collect();
            if self.waits_for_tests && self.can_wait_for_tests(at) && !covered.contains(at) {
                let ancestors = self.ancestors(at);
                before.extend(self.tests_within(&ancestors));
                covered = covered.or(&ancestors);
            }
            for from in before {
                if seen.insert_new(from) {
                    if self.selected.contains(from) {
                        found.push(from)
                    } else {
                        open.push(from)
                    }
                }
            }
        }
        found
    }

    fn can_wait_for_tests(&self, node: usize) -> bool {
        is_in_nodes(self.graph.node(node)) && !self.graph.is_test(node)
    }

    fn ancestors(&self, node: usize) -> NodeSet {
        let mut only = NodeSet::empty(self.graph.len());
        only.insert(node);
        self.graph
            .with_ancestors(&only, Depth::Unlimited)
            .without(&only)
    }

    /// The data tests that have at least one parent and whose parents are all among `nodes`.
    fn tests_within(&self, nodes: &NodeSet) -> Vec<usize> {
        let graph = self.graph;
        let children: BTreeSet<usize> = nodes
            .iter()
            .flat_map(|node| graph.child_indices(node))
            .collect();
        let is_data_test = |test: &usize| graph.is_test(*test) && !is_unit_test(graph, *test);
        children
            .into_iter()
            .filter(is_data_test)
            .filter(|test| graph.has_parents_in(*test, nodes))
            .collect()
    }
}

fn is_unit_test(graph: &SelectionGraph<'_>, node: usize) -> bool {
    graph.node(node).resource_type == ResourceType::UnitTest
}

/// The length of the longest path to each node. There is no cycle, because a node waits only for tests of its ancestors.
fn scores(upstream: &BTreeMap<usize, Vec<usize>>) -> BTreeMap<usize, usize> {
    let mut downstream: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut left: BTreeMap<usize, usize> = BTreeMap::new();
    for (node, from) in upstream {
        left.insert(*node, from.len());
        from.iter()
            .for_each(|from| downstream.entry(*from).or_default().push(*node));
    }
    let mut layer: Vec<usize> = left
        .iter()
        .filter(|(_, left)| **left == 0)
        .map(|(node, _)| *node)
        .collect();
    let mut scores = BTreeMap::new();
    let mut score = 0;
    while !layer.is_empty() {
        let mut next = Vec::new();
        for node in layer {
            scores.insert(node, score);
            for child in downstream.get(&node).into_iter().flatten() {
                if let Some(left) = left.get_mut(child) {
                    *left -= 1;
                    if *left == 0 {
                        next.push(*child);
                    }
                }
            }
        }
        layer = next;
        score += 1;
    }
    scores
}

#[cfg(test)]
mod tests {
    use dbt_manifest::Manifest;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::{Context, Expr, IndirectSelection};

    /// `a -> b -> c`, a test of `a`, a test of `a` and `b`, and a unit test of `b`.
    fn manifest() -> Manifest {
        let node = |(id, parents): &(&str, &[&str])| {
            let mut parts = id.split('.');
            let (kind, name) = (parts.next(), parts.next_back());
            let node = json!({
                "unique_id": id, "resource_type": kind, "name": name, "package_name": "p", "fqn": ["p", name],
                "raw_code": "x", "depends_on": {"nodes": parents},
            });
            ((*id).to_owned(), node)
        };
        let nodes: Map<String, Value> = [
            ("model.p.a", &[] as &[&str]),
            ("model.p.b", &["model.p.a"]),
            ("model.p.c", &["model.p.b"]),
            ("test.p.ta", &["model.p.a"]),
            ("test.p.tab", &["model.p.a", "model.p.b"]),
        ]
        .iter()
        .map(node)
        .collect();
        let unit_tests: Map<String, Value> = [("unit_test.p.u", &["model.p.b"] as &[&str])]
            .iter()
            .map(node)
            .collect();
        let whole = json!({
            "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
            "nodes": nodes, "unit_tests": unit_tests,
        });
        Manifest::from_slice(whole.to_string().as_bytes()).unwrap()
    }

    fn queue(select: &str, command: Command) -> Value {
        let manifest = manifest();
        let graph = SelectionGraph::new(&manifest);
        let expr = Expr::parse(select, IndirectSelection::Empty).unwrap();
        let selection = expr
            .compile(&graph, &Context::default())
            .unwrap()
            .evaluate();
        serde_json::to_value(Queue::new(&graph, &selection, command)).unwrap()
    }

    #[test]
    fn nodes_wait_for_the_nearest_selected_ones() {
        assert_eq!(
            queue("a c", Command::Run),
            json!({"nodes": ["model.p.a", "model.p.c"], "edges": [["model.p.a", "model.p.c"]], "scores": {"model.p.a": 0, "model.p.c": 1}}),
        );
        assert_eq!(queue("a c", Command::Clone)["edges"], json!([]));
    }

    #[test]
    fn in_a_build_nodes_wait_for_the_tests_of_their_ancestors() {
        let queue = queue("*", Command::Build);
        assert_eq!(
            queue["nodes"],
            json!([
                "model.p.a",
                "model.p.b",
                "model.p.c",
                "test.p.ta",
                "test.p.tab"
            ])
        );
        assert_eq!(
            queue["edges"],
            json!([
                ["model.p.a", "model.p.b"],
                ["model.p.a", "test.p.ta"],
                ["model.p.a", "test.p.tab"],
                ["model.p.b", "model.p.c"],
                ["model.p.b", "test.p.tab"],
                ["test.p.ta", "model.p.b"],
                ["test.p.ta", "model.p.c"],
                ["test.p.tab", "model.p.c"],
            ]),
        );
        assert_eq!(queue["scores"]["model.p.c"], 4);
    }

    #[test]
    fn paths_through_tests_that_are_not_selected_count() {
        assert_eq!(
            queue("a b c", Command::Build)["edges"],
            json!([
                ["model.p.a", "model.p.b"],
                ["model.p.a", "model.p.c"],
                ["model.p.b", "model.p.c"]
            ])
        );
    }
}
