//! Evaluates one criterion: graph operators, then the tests of the selected nodes.

use crate::ast::{Criterion, Depth, IndirectSelection};
use crate::dialect::Dialect;
use crate::graph::SelectionGraph;
use crate::method::MethodName;
use crate::set::NodeSet;

/// The nodes that an expression selects, and the tests that a group around it may add.
#[derive(Debug, Clone)]
pub(crate) struct Selected {
    /// The selected nodes.
    pub(crate) direct: NodeSet,
    /// Tests of selected nodes that are not selected, because not all of their parents are.
    pub(crate) indirect: NodeSet,
}

/// The selection of `criterion`, whose method and value match `matches`.
pub(crate) fn expand(
    criterion: &Criterion,
    matches: &NodeSet,
    graph: &SelectionGraph<'_>,
) -> Selected {
    let reached = follow(criterion, matches, graph);
    // Named selectors have already selected their tests.
    let mode = match criterion.method.name {
        MethodName::Selector => IndirectSelection::Empty,
        _ => criterion.mode,
    };
    let (direct, indirect) = with_tests(reached, mode, graph);
    // Before dbt 1.9, the mode `empty` returned the matches only, without the nodes that the operators reach.
    let is_lost = criterion.mode == IndirectSelection::Empty && graph.dialect() < Dialect::V1_9;
    let direct = if is_lost { matches.clone() } else { direct };
    Selected { direct, indirect }
}

/// The matches, and the nodes that the operators reach from them.
fn follow(criterion: &Criterion, matches: &NodeSet, graph: &SelectionGraph<'_>) -> NodeSet {
    let mut reached = matches.clone();
    if criterion.childrens_parents {
        let descendants = graph.with_descendants(matches, Depth::Unlimited);
        reached = reached.or(&graph.with_ancestors(&descendants, Depth::Unlimited));
    }
    if let Some(depth) = criterion.parents {
        reached = reached.or(&graph.with_ancestors(matches, depth));
    }
    if let Some(depth) = criterion.children {
        reached = reached.or(&graph.with_descendants(matches, depth));
    }
    reached
}

/// Divides the tests that depend directly on `selected` into selected ones and others.
fn with_tests(
    selected: NodeSet,
    mode: IndirectSelection,
    graph: &SelectionGraph<'_>,
) -> (NodeSet, NodeSet) {
    let mut indirect = NodeSet::empty(graph.len());
    // All parents of a test must be in this set; `None` if one selected parent is enough.
    let parents = match mode {
        IndirectSelection::Empty => return (selected, indirect),
        IndirectSelection::Eager => None,
        IndirectSelection::Cautious => Some(selected.clone()),
        IndirectSelection::Buildable => Some(
            graph
                .with_ancestors(&selected, Depth::Unlimited)
                .or(graph.sources()),
        ),
    };
    let mut direct = selected.clone();
    for test in selected.iter().flat_map(|node| graph.child_indices(node)) {
        if !graph.is_test(test) || !graph.is_member(test) {
            continue;
        }
        match &parents {
            Some(parents) if !graph.has_parents_in(test, parents) => indirect.insert(test),
            _ => direct.insert(test),
        }
    }
    (direct, indirect)
}
