//! What an attempt has left undone, and whether `dbt retry` can be trusted with it.

use std::collections::BTreeSet;

use super::results::Results;
use crate::model::NodeStatus;
use crate::store::Obstacle;
use crate::track::TrackedRun;

/// Commands that `dbt retry` (1.x) repeats, as run_results.json names them; `run-operation` is one statement.
const RETRYABLE: [&str; 8] = [
    "build", "clone", "compile", "generate", "run", "seed", "snapshot", "test",
];
/// Kinds of nodes that a selection schedules and that dbt lists in its results.
const SCHEDULED: [&str; 6] = ["model", "seed", "snapshot", "test", "unit_test", "function"];

/// What an attempt has left undone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rest {
    /// Nothing.
    Nothing,
    /// These nodes. The results are for `dbt retry`: dbt's own, without what it does not need, and with what it lacks.
    Nodes { ids: Vec<String>, results: Results },
    /// It is not known, or not for `dbt retry`. There may be results all the same.
    Unclear {
        obstacle: Obstacle,
        results: Option<Results>,
    },
}

/// Finds out what an attempt has left undone, by what dbt said (`run`), by its run_results.json (`results`) and by what
/// the command had selected: `known`, or else `select`, which takes time and is only called where dbt's results cannot do
/// without it.
pub(crate) fn rest(
    run: &TrackedRun,
    results: Option<Results>,
    known: Option<Vec<String>>,
    select: impl FnOnce() -> Option<Vec<String>>,
) -> Rest {
    if run.end.exit_code == Some(0) {
        return Rest::Nothing;
    }
    let unclear = |obstacle| Rest::Unclear {
        obstacle,
        results: None,
    };
    let Some(mut results) = results.filter(|results| is_of(results, run)) else {
        return unclear(Obstacle::NoResults);
    };
    let command = results.command();
    if !RETRYABLE.contains(&command) {
        return unclear(Obstacle::Command(command.to_owned()));
    }
    let version = results.dbt_version();
    if !is_known(version) {
        return unclear(Obstacle::Version(version.to_owned()));
    }
    results.keep_retried();
    let is_empty = results.ids().next().is_none();
    // dbt lists whatever it had scheduled when it comes to its regular end.
    let is_complete = run.end.exit_code == Some(1) && run.interrupted.is_none() && !is_empty;
    match known.or_else(|| if is_complete { None } else { select() }) {
        Some(scheduled) => {
            let missing = missing(&results, run, &scheduled);
            results.add_skipped(&missing);
        }
        None if is_complete => {}
        None => {
            return Rest::Unclear {
                obstacle: Obstacle::UnknownSchedule,
                results: (!is_empty).then_some(results),
            };
        }
    }
    let ids: Vec<String> = results.ids().map(str::to_owned).collect();
    if ids.is_empty() {
        return unclear(Obstacle::OnlyHooks);
    }
    Rest::Nodes { ids, results }
}

fn is_of(results: &Results, run: &TrackedRun) -> bool {
    let theirs = results.invocation_id();
    !theirs.is_empty() && run.invocation_id.as_deref() == Some(theirs)
}

/// `dbt retry --state` reads its state since 1.8; dbt 2 has rules of its own.
fn is_known(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    matches!((parts.next(), parts.next()), (Some(Some(1)), Some(Some(minor))) if minor >= 8)
}

/// The nodes that were scheduled, and that neither dbt's events nor its results tell to have ended.
fn missing(results: &Results, run: &TrackedRun, scheduled: &[String]) -> Vec<String> {
    let listed: BTreeSet<&str> = results.ids().collect();
    let settled: BTreeSet<&str> = run
        .results()
        .filter(|result| result.status != NodeStatus::NotReported && !is_left(&result.status))
        .map(|result| result.unique_id.as_str())
        .collect();
    scheduled
        .iter()
        .filter(|id| {
            let kind = id.split('.').next().unwrap_or_default();
            SCHEDULED.contains(&kind)
                && !listed.contains(id.as_str())
                && !settled.contains(id.as_str())
        })
        .cloned()
        .collect()
}

/// dbt 2 and an interrupt of ours say `cancelled`.
fn is_left(status: &NodeStatus) -> bool {
    status.is_retried_by_dbt() || status.is_failure() || *status == NodeStatus::Cancelled
}

#[cfg(test)]
pub(super) mod tests;
