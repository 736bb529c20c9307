//! What dbt's artifacts say of a run.

use dbt_manifest::{RunResult, RunResults, Timing};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::facts::{NodeFacts, RunFacts};
use crate::model::NodeStatus;

/// What run_results.json says of a run.
pub(crate) fn facts_of_artifacts(results: &RunResults) -> RunFacts {
    RunFacts {
        invocation_id: results.metadata.invocation_id.clone(),
        command: command(results),
        nodes: results.results.iter().map(node).collect(),
        ..RunFacts::default()
    }
}

/// The command and its selection, as far as the results name them.
fn command(results: &RunResults) -> String {
    let text = |key: &str| match results.args.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) => {
            let texts = all.iter().filter_map(Value::as_str);
            texts.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    };
    let mut command = text("which");
    for key in ["select", "exclude", "selector"] {
        let value = text(key);
        if !value.is_empty() {
            command = format!("{command} --{key} {value}");
        }
    }
    command
}

fn node(result: &RunResult) -> NodeFacts {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "dbt writes the number of rows as a whole number"
    )]
    let failed_rows = result.failures.map(|rows| rows as i64);
    NodeFacts {
        unique_id: result.unique_id.to_string(),
        status: NodeStatus::from(result.status.clone()),
        times: times(result),
        message: result.message.clone(),
        failed_rows,
        upstream: None,
    }
}

/// From the start of the first phase to the end of the last one. A node that failed early has no phase `execute`: then its
/// execution time counts.
fn times(result: &RunResult) -> Option<(Timestamp, Timestamp)> {
    let parsed = |text: &Option<String>| text.as_deref()?.parse::<Timestamp>().ok();
    let starts = result
        .timing
        .iter()
        .filter_map(|phase: &Timing| parsed(&phase.started_at));
    let ends = result
        .timing
        .iter()
        .filter_map(|phase| parsed(&phase.completed_at));
    let start = starts.min()?;
    let has_executed = result.timing.iter().any(|phase| phase.name == "execute");
    let took = result.execution_time.filter(|_| !has_executed);
    let took = took.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
    let by_time = took.and_then(|took| start.checked_add(took).ok());
    let end = ends.chain(by_time).max()?;
    Some((start, end.max(start)))
}
