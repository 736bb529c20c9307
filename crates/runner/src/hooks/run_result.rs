//! How a run ended, as its hooks see it.

use std::collections::BTreeMap;

use dbt_selector::Command;

use super::node_report::NodeReport;
use crate::model::error_chain;
use crate::outcome::{Error, Outcome};
use crate::track::TrackedNode;

/// How a run ended.
#[derive(Debug)]
pub(super) struct RunResult {
    pub(super) success: bool,
    /// dbt's own error, or why the run could not start.
    pub(super) error: Option<String>,
    /// The nodes that took part; `None` when dbt had no results.
    pub(super) nodes: Option<BTreeMap<String, NodeReport>>,
}

impl RunResult {
    pub(super) fn of(result: &Result<Outcome, Error>) -> Self {
        match result {
            Ok(outcome) => Self::of_outcome(outcome),
            Err(error) => Self {
                success: false,
                error: Some(error_chain(error)),
                nodes: None,
            },
        }
    }

    fn of_outcome(outcome: &Outcome) -> Self {
        let nodes = &outcome.run.nodes;
        // A command that selects no nodes has results, too: none.
        let has_results =
            !nodes.is_empty() || outcome.success && Command::from_name(&outcome.command).is_some();
        let report = |node: &TrackedNode| {
            let report = NodeReport::new(&node.result, &node.state, node.start_time, node.end_time);
            (node.result.unique_id.clone(), report)
        };
        Self {
            success: outcome.success,
            error: outcome.run.dbt_error.clone().filter(|_| !outcome.success),
            nodes: has_results.then(|| nodes.iter().map(report).collect()),
        }
    }
}
