//! What sources.json says of a run: the checks of `dbt source freshness`.

use dbt_manifest::{FreshnessLimit, SourceResult, Sources};
use jiff::{SignedDuration, Timestamp};

use super::facts::{NodeFacts, RunFacts};
use crate::console::duration;
use crate::model::NodeStatus;

/// What sources.json says of a run.
pub(crate) fn facts_of_sources(sources: &Sources) -> RunFacts {
    RunFacts {
        invocation_id: sources.metadata.invocation_id.clone(),
        command: "source freshness".to_owned(),
        nodes: sources.results.iter().map(node).collect(),
        ..RunFacts::default()
    }
}

fn node(result: &SourceResult) -> NodeFacts {
    NodeFacts {
        unique_id: result.unique_id.to_string(),
        status: NodeStatus::from(result.status.clone()),
        times: times(result),
        message: result.error.clone().or_else(|| age(result)),
        failed_rows: None,
        upstream: None,
    }
}

/// dbt looks at the clock when a check starts. A check that failed has no time.
fn times(result: &SourceResult) -> Option<(Timestamp, Timestamp)> {
    let start: Timestamp = result.snapshotted_at.as_deref()?.parse().ok()?;
    let took = SignedDuration::try_from_secs_f64(result.execution_time?).ok()?;
    Some((start, start.checked_add(took).ok()?))
}

/// How old the newest row is, and what is allowed.
fn age(result: &SourceResult) -> Option<String> {
    let age = duration(result.max_loaded_at_time_ago_in_s?);
    let limits = [
        ("warning", &result.warn_after),
        ("error", &result.error_after),
    ];
    let limits = limits.into_iter().filter_map(|(name, limit)| {
        let FreshnessLimit { count, period, .. } = limit.as_ref()?;
        Some(format!("; {name} after {count} {period}"))
    });
    Some(format!(
        "the newest row is {age} old{}",
        limits.collect::<String>()
    ))
}
