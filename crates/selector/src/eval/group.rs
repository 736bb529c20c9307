//! Evaluates groups: set operations, and tests that a group as a whole adds.

use super::expand::{Selected, expand};
use super::plan::Plan;
use crate::ast::{Depth, IndirectSelection, Operation};
use crate::graph::{SelectionGraph, is_in_nodes};
use crate::set::NodeSet;
use crate::warning::Warning;

/// The selection of `plan`. Adds warnings in dbt's order.
pub(crate) fn evaluate(
    plan: &Plan,
    graph: &SelectionGraph<'_>,
    warnings: &mut Vec<Warning>,
) -> Selected {
    match plan {
        Plan::Criterion {
            criterion,
            matches,
            warnings: found,
        } => {
            warnings.extend(found.iter().cloned());
            expand(criterion, matches, graph)
        }
        Plan::Group {
            operation,
            mode,
            members,
            term,
        } => {
            let members = members
                .iter()
                .map(|member| evaluate(member, graph, warnings))
                .collect();
            let selected = join(*operation, *mode, members, graph);
            if let Some(term) = term.as_ref().filter(|_| selected.direct.is_empty()) {
                warnings.push(Warning::NoNodesForTerm {
                    term: term.to_string(),
                });
            }
            selected
        }
    }
}

/// Applies the operation to the selected nodes, and again to the selected nodes with the left-out tests. Then adds those tests
/// of the second result of which the first one has all parents.
fn join(
    operation: Operation,
    mode: IndirectSelection,
    members: Vec<Selected>,
    graph: &SelectionGraph<'_>,
) -> Selected {
    let both = members
        .iter()
        .map(|member| member.indirect.clone().or(&member.direct))
        .collect();
    let indirect = apply(operation, both, graph);
    let direct = apply(
        operation,
        members.into_iter().map(|member| member.direct).collect(),
        graph,
    );
    let parents = match mode {
        _ if direct == indirect => None,
        IndirectSelection::Eager | IndirectSelection::Empty => None,
        IndirectSelection::Cautious => Some(direct.clone()),
        IndirectSelection::Buildable => Some(graph.with_ancestors(&direct, Depth::Unlimited)),
    };
    let direct = match parents {
        None => direct,
        Some(parents) => {
            let promoted = indirect.filtered(|test| {
                is_in_nodes(graph.node(test)) && graph.has_parents_in(test, &parents)
            });
            direct.or(&promoted)
        }
    };
    Selected { direct, indirect }
}

fn apply(operation: Operation, sets: Vec<NodeSet>, graph: &SelectionGraph<'_>) -> NodeSet {
    let joined = sets.into_iter().reduce(|left, right| match operation {
        Operation::Union => left.or(&right),
        Operation::Intersection => left.and(&right),
        Operation::Difference => left.without(&right),
    });
    joined.unwrap_or_else(|| NodeSet::empty(graph.len()))
}
