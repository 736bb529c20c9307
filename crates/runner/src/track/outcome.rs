//! What became of a node, and the state in Prefect that this means.

use dbt_events::{RunResult, parse_timestamp, strip_ansi};
use jiff::Timestamp;

use crate::model::{State, StateKind};

/// What became of a node, in dbt's words.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) status: String,
    pub(super) message: Option<String>,
    pub(super) ended: Option<Timestamp>,
    pub(super) execution_time: Option<f64>,
    pub(super) failures: Option<i64>,
    pub(super) adapter_response: Option<serde_json::Value>,
}

impl Outcome {
    pub(super) fn of_status(status: &str, ended: Timestamp) -> Self {
        Self {
            status: status.to_owned(),
            ended: Some(ended),
            ..Self::default()
        }
    }

    pub(super) fn of_event(result: &RunResult<'_>, ended: Timestamp) -> Self {
        let adapter_response = result
            .adapter_response()
            .and_then(|text| serde_json::from_str(text).ok());
        Self {
            status: result.status.to_string(),
            message: text(&result.message),
            ended: Some(ended),
            execution_time: result.execution_time,
            failures: result.num_failures,
            adapter_response,
        }
    }

    pub(super) fn of_artifact(result: &dbt_manifest::RunResult) -> Self {
        let ended = result
            .timing
            .iter()
            .filter_map(|step| parse_timestamp(step.completed_at.as_deref()?))
            .max();
        let response = &result.adapter_response;
        Self {
            status: result.status.clone(),
            message: result.message.as_deref().and_then(text),
            ended,
            execution_time: result.execution_time,
            failures: result.failures.map(|failures| failures as i64),
            adapter_response: (!response.is_empty()).then(|| response.clone().into()),
        }
    }

    pub(super) fn is_skip(&self) -> bool {
        self.status == "skipped"
    }

    pub(super) fn is_failure(&self) -> bool {
        is_failure(&self.status)
    }
}

/// A message without ANSI sequences (unit tests colour theirs), if there is one.
pub(super) fn text(message: &str) -> Option<String> {
    let message = strip_ansi(message);
    (!message.trim().is_empty()).then(|| message.into_owned())
}

/// Whether a status of dbt's is a failure.
pub(super) fn is_failure(status: &str) -> bool {
    matches!(
        status,
        "error" | "fail" | "runtime error" | "partial success"
    )
}

/// Whether `node_info.node_status` says that the node is over; it also knows `started`, `compiling`, `executing`.
pub(super) fn is_terminal(status: &str) -> bool {
    is_failure(status)
        || matches!(
            status,
            "success" | "pass" | "warn" | "skipped" | "no-op" | "reused" | "cancelled"
        )
}

/// The state of a node's task run.
pub(super) fn state(
    unique_id: &str,
    outcome: &Outcome,
    blamed: Option<&str>,
    interrupted: bool,
) -> State {
    let message = outcome.message.clone();
    let (kind, name, message) = match outcome.status.as_str() {
        "success" | "pass" | "no-op" => (StateKind::Completed, "Completed", None),
        "reused" => (StateKind::Completed, "Cached", None),
        "warn" => (StateKind::Completed, "Warned", message),
        "skipped" => {
            let why = match blamed {
                Some(blamed) => format!("Skipped because {blamed} did not succeed"),
                None => message.unwrap_or_else(|| "Skipped by dbt".to_owned()),
            };
            (StateKind::Cancelled, "Skipped", Some(why))
        }
        "cancelled" => (StateKind::Cancelled, "Cancelled", message),
        // No status: the process ended before the node did.
        "" => (StateKind::Crashed, "Crashed", message),
        "error" if interrupted => (StateKind::Cancelled, "Cancelled", message),
        // A status that no dbt has today: neither hidden nor passed off as success.
        status => {
            let head = format!(
                "Task run encountered an exception Exception: Node {unique_id} finished with status {status}"
            );
            let text = message.map_or_else(|| head.clone(), |message| format!("{head}\n{message}"));
            (StateKind::Failed, "Failed", Some(text))
        }
    };
    State {
        kind,
        name: name.to_owned(),
        message,
    }
}
