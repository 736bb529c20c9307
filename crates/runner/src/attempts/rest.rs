//! What an attempt has left undone, and whether `dbt retry` can be trusted with it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::track::TrackedRun;

/// Statuses that `dbt retry` (1.x) repeats.
const RETRIED: [&str; 5] = [
    "error",
    "fail",
    "skipped",
    "runtime error",
    "partial success",
];
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
    Nodes { ids: Vec<String>, results: Value },
    /// It is not known, or not for `dbt retry`. There may be results all the same.
    Unclear {
        obstacle: Obstacle,
        results: Option<Value>,
    },
}

/// Why `dbt retry` is not to be trusted after an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Obstacle {
    /// dbt failed before it ran anything: what lies in the target folder is of an earlier run.
    NoResults,
    /// `dbt retry` does not repeat this command.
    Command(String),
    /// `dbt retry` of this version is not known well enough.
    Version(String),
    /// Nodes that never started are in no result, and what was scheduled is not known.
    UnknownSchedule,
    /// Nothing but SQL hooks failed, which `dbt retry` does not repeat.
    OnlyHooks,
}

impl Obstacle {
    /// Whether `dbt retry` can be called at all.
    pub(crate) fn is_absolute(&self) -> bool {
        !matches!(self, Self::UnknownSchedule)
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResults => f.write_str("it failed before dbt ran a node and left no results"),
            Self::Command(command) => write!(f, "dbt retry does not repeat `{command}`"),
            Self::Version(version) => {
                write!(f, "dbt retry is not known to be right in dbt {version}")
            }
            Self::UnknownSchedule => {
                f.write_str("what it had not yet started cannot be known from here")
            }
            Self::OnlyHooks => f.write_str("only SQL hooks failed, which dbt retry passes over"),
        }
    }
}

/// Finds out what an attempt has left undone, by what dbt said (`run`), by its run_results.json (`results`) and by what
/// the command had selected (`scheduled`; `None` when that is not known).
pub(crate) fn rest(run: &TrackedRun, results: Option<Value>, scheduled: Option<&[String]>) -> Rest {
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
    let command = text(&results, "/args/which");
    if !RETRYABLE.contains(&command) {
        return unclear(Obstacle::Command(command.to_owned()));
    }
    let version = text(&results, "/metadata/dbt_version");
    if !is_known(version) {
        return unclear(Obstacle::Version(version.to_owned()));
    }
    let mut ids = reduce(&mut results);
    // dbt lists whatever it had scheduled when it comes to its regular end.
    let is_complete = run.end.exit_code == Some(1) && run.interrupted.is_none() && !ids.is_empty();
    match scheduled {
        Some(scheduled) => ids.extend(add_missing(&mut results, run, scheduled)),
        None if is_complete => {}
        None => {
            return Rest::Unclear {
                obstacle: Obstacle::UnknownSchedule,
                results: (!ids.is_empty()).then_some(results),
            };
        }
    }
    if ids.is_empty() {
        return unclear(Obstacle::OnlyHooks);
    }
    Rest::Nodes { ids, results }
}

fn is_of(results: &Value, run: &TrackedRun) -> bool {
    let theirs = text(results, "/metadata/invocation_id");
    !theirs.is_empty() && run.invocation_id.as_deref() == Some(theirs)
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// `dbt retry --state` reads its state since 1.8; dbt 2 has rules of its own.
fn is_known(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    matches!((parts.next(), parts.next()), (Some(Some(1)), Some(Some(minor))) if minor >= 8)
}

/// Keeps of the results what `dbt retry` reads, and gives the nodes that it will repeat. Messages, code and answers of
/// the database go: nothing of theirs is to lie about.
fn reduce(results: &mut Value) -> Vec<String> {
    let Some(list) = results.get_mut("results").and_then(Value::as_array_mut) else {
        return Vec::new();
    };
    list.retain(|result| {
        let is_hook = text(result, "/unique_id").starts_with("operation.");
        RETRIED.contains(&text(result, "/status")) && !is_hook
    });
    list.iter_mut()
        .map(|result| {
            let (id, status) = (text(result, "/unique_id"), text(result, "/status"));
            let id = id.to_owned();
            let mut kept = blank(&id, status);
            if let Some(batches) = result.get("batch_results") {
                kept.insert("batch_results".to_owned(), batches.clone());
            }
            *result = Value::Object(kept);
            id
        })
        .collect()
}

/// Adds the nodes that were scheduled, and that neither dbt's events nor its results tell to have ended.
fn add_missing(results: &mut Value, run: &TrackedRun, scheduled: &[String]) -> Vec<String> {
    let Some(list) = results.get_mut("results").and_then(Value::as_array_mut) else {
        return Vec::new();
    };
    let listed: BTreeSet<&str> = list
        .iter()
        .map(|result| text(result, "/unique_id"))
        .collect();
    let settled: BTreeSet<&str> = run
        .results()
        .filter(|result| !result.status.is_empty() && !is_retried(&result.status))
        .map(|result| result.unique_id.as_str())
        .collect();
    let missing: Vec<String> = scheduled
        .iter()
        .filter(|id| {
            let kind = id.split('.').next().unwrap_or_default();
            SCHEDULED.contains(&kind)
                && !listed.contains(id.as_str())
                && !settled.contains(id.as_str())
        })
        .cloned()
        .collect();
    list.extend(missing.iter().map(|id| Value::Object(blank(id, "skipped"))));
    missing
}

/// dbt 2 and an interrupt of ours say `cancelled`.
fn is_retried(status: &str) -> bool {
    RETRIED.contains(&status) || status == "cancelled"
}

/// A result of run-results v5 and v6, as bare as dbt takes it.
fn blank(unique_id: &str, status: &str) -> Map<String, Value> {
    let fields = serde_json::json!({
        "unique_id": unique_id,
        "status": status,
        "timing": [],
        "thread_id": "",
        "execution_time": 0.0,
        "adapter_response": {},
        "message": null,
        "failures": null,
        "compiled": null,
        "compiled_code": null,
        "relation_name": null,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
pub(super) mod tests;
