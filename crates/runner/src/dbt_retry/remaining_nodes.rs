//! Which nodes an attempt did not complete, and whether `dbt retry` can run exactly these.

use std::collections::BTreeSet;

use super::results::Results;
use crate::dbt::{Capabilities, DbtVersion, RetrySupport};
use crate::model::{NodeStatus, Obstacle};
use crate::track::TrackedRun;

/// Commands that `dbt retry` (1.x) retries, as run_results.json names them. It also retries `run-operation`, which has no
/// nodes.
const RETRYABLE: [&str; 8] = [
    "build", "clone", "compile", "generate", "run", "seed", "snapshot", "test",
];
/// Resource types that a selection schedules and that dbt lists in its results.
const SCHEDULED: [&str; 6] = ["model", "seed", "snapshot", "test", "unit_test", "function"];

/// The work that an attempt did not complete.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Remaining {
    /// No work: dbt succeeded.
    Nothing,
    /// These nodes did not succeed.
    Nodes {
        /// The unique_ids.
        ids: Vec<String>,
        /// The state for `dbt retry`: dbt's results of these nodes, and a skipped result for each node that has none.
        results: Results,
    },
    /// The nodes are not known, or `dbt retry` cannot run them.
    Unknown {
        /// Why.
        obstacle: Obstacle,
        /// The results of the nodes that are known to have failed, if there are any.
        results: Option<Results>,
    },
}

/// Determines the work that an attempt did not complete, from dbt's events (`run`), from run_results.json (`results`) and
/// from the selected nodes: `known`, else those of `select`. `select` takes time and is only called if dbt's results may
/// be incomplete.
pub(crate) fn remaining(
    run: &TrackedRun,
    results: Option<Results>,
    known: Option<Vec<String>>,
    select: impl FnOnce() -> Option<Vec<String>>,
) -> Remaining {
    if run.end.exit_code == Some(0) {
        return Remaining::Nothing;
    }
    let unknown = |obstacle| Remaining::Unknown {
        obstacle,
        results: None,
    };
    let Some(mut results) = results.filter(|results| belong_to(results, run)) else {
        return unknown(Obstacle::NoResults);
    };
    if let Some(obstacle) = unsupported(results.command(), results.dbt_version()) {
        return unknown(obstacle);
    }
    results.keep_retried();
    let is_empty = results.ids().next().is_none();
    // dbt lists every scheduled node when it ends regularly.
    let is_complete = run.end.exit_code == Some(1) && run.interrupted.is_none() && !is_empty;
    match known.or_else(|| if is_complete { None } else { select() }) {
        Some(scheduled) => {
            let missing = missing(&results, run, &scheduled);
            results.add_skipped(&missing);
        }
        None if is_complete => {}
        None => {
            return Remaining::Unknown {
                obstacle: Obstacle::UnknownSchedule,
                results: (!is_empty).then_some(results),
            };
        }
    }
    let ids: Vec<String> = results.ids().map(str::to_owned).collect();
    if ids.is_empty() {
        return unknown(Obstacle::OnlyHooks);
    }
    Remaining::Nodes { ids, results }
}

/// Whether the results are those of this run, and not of an earlier one.
fn belong_to(results: &Results, run: &TrackedRun) -> bool {
    let id = results.invocation_id();
    !id.is_empty() && run.invocation_id.as_deref() == Some(id)
}

/// Whether a command, as run_results.json names it, or a version of dbt is one that `dbt retry` does not support.
pub(super) fn unsupported(command: &str, version: &str) -> Option<Obstacle> {
    if !RETRYABLE.contains(&command) {
        return Some(Obstacle::Command(command.to_owned()));
    }
    (!is_supported(version)).then(|| Obstacle::Version(version.to_owned()))
}

/// Whether `dbt retry --state` of this version of dbt completes a run. It does not for a version that cannot be read.
fn is_supported(version: &str) -> bool {
    let version = DbtVersion::new(version);
    version.numbers().is_some() && Capabilities::of(&version).retry == RetrySupport::DbtRetry
}

/// The scheduled nodes without a result, and without an event that says that they succeeded.
fn missing(results: &Results, run: &TrackedRun, scheduled: &[String]) -> Vec<String> {
    let listed: BTreeSet<&str> = results.ids().collect();
    let settled: BTreeSet<&str> = run
        .results()
        .filter(|result| result.status != NodeStatus::NotReported && !is_unfinished(&result.status))
        .map(|result| result.unique_id.as_str())
        .collect();
    scheduled
        .iter()
        .filter(|id| {
            is_scheduled(id) && !listed.contains(id.as_str()) && !settled.contains(id.as_str())
        })
        .cloned()
        .collect()
}

/// Whether a selected node is one that dbt lists in its results.
pub(super) fn is_scheduled(id: &str) -> bool {
    let kind = id.split('.').next().unwrap_or_default();
    SCHEDULED.contains(&kind)
}

/// Whether a node with this status has to run again. `cancelled` is the status after an interrupt.
fn is_unfinished(status: &NodeStatus) -> bool {
    status.is_retried_by_dbt() || status.is_failure() || *status == NodeStatus::Cancelled
}

#[cfg(test)]
pub(super) mod tests;
