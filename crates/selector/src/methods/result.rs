//! `result:` matches the status of a node in an earlier run.

use std::collections::HashSet;

use crate::context::Context;
use crate::error::ErrorKind;
use crate::graph::SelectionGraph;
use crate::set::NodeSet;
use crate::state::StateError;

/// Nodes that have exactly this status in the earlier run_results.json.
pub(super) fn resolve(
    status: &str,
    graph: &SelectionGraph<'_>,
    context: &Context<'_>,
) -> Result<NodeSet, Vec<ErrorKind>> {
    let results = context
        .state
        .and_then(|state| state.run_results.as_ref())
        .ok_or_else(|| {
            let file = "the run_results.json of an earlier run";
            vec![
                StateError::Missing {
                    method: "result",
                    file,
                }
                .into(),
            ]
        })?;
    let of_status = results
        .results
        .iter()
        .filter(|result| result.status == status);
    let found: HashSet<&str> = of_status.map(|result| result.unique_id.as_str()).collect();
    Ok(graph.matching(|node| found.contains(node.unique_id.as_str())))
}
