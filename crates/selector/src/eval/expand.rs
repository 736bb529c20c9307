//! One criterion: graph operators, and the tests that come with the nodes they reach.

use crate::ast::{Criterion, Depth, IndirectSelection};
use crate::dialect::Dialect;
use crate::graph::SelectionGraph;
use crate::method::MethodName;
use crate::set::NodeSet;

/// What an expression selects, and what its groups may yet take in.
#[derive(Debug, Clone)]
pub(crate) struct Selected {
    /// Selected nodes.
    pub(crate) direct: NodeSet,
    /// Tests of selected nodes, left out because other parents of theirs are not selected.
    pub(crate) indirect: NodeSet,
}

/// What `criterion` selects, if `matches` are the nodes that its method and value stand for.
pub(crate) fn expand(
    criterion: &Criterion,
    matches: &NodeSet,
    graph: &SelectionGraph<'_>,
) -> Selected {
    let reached = follow(criterion, matches, graph);
    // Named selectors have chosen their tests already.
    let mode = match criterion.method.name {
        MethodName::Selector => IndirectSelection::Empty,
        _ => criterion.mode,
    };
    let (direct, indirect) = with_tests(reached, mode, graph);
    // Until dbt 1.8 the mode `empty` gave back the matches, and lost what the operators had reached.
    let is_lost = criterion.mode == IndirectSelection::Empty && graph.dialect() < Dialect::V1_9;
    let direct = if is_lost { matches.clone() } else { direct };
    Selected { direct, indirect }
}

/// The matches, and what the operators around them reach.
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

/// Parts the tests that depend directly on `selected` into those selected with it and those left out.
fn with_tests(
    selected: NodeSet,
    mode: IndirectSelection,
    graph: &SelectionGraph<'_>,
) -> (NodeSet, NodeSet) {
    let mut indirect = NodeSet::empty(graph.len());
    // The nodes that all parents of a test must be among; none where any one parent will do.
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
    for test in selected.iter().flat_map(|node| graph.children(node)) {
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
