//! The outcome of a node, and the state of its task run.

use dbt_events::{RunResult, parse_timestamp, strip_ansi};
use jiff::Timestamp;

use crate::model::{NodeStatus, State, StateKind};

/// The outcome of a node, as dbt reported it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct NodeOutcome {
    pub(super) status: NodeStatus,
    pub(super) message: Option<String>,
    pub(super) ended: Option<Timestamp>,
    pub(super) execution_time: Option<f64>,
    pub(super) failures: Option<i64>,
    pub(super) adapter_response: Option<serde_json::Value>,
    /// Whether an interrupt of ours came after it, and cannot have caused it.
    pub(super) stands: bool,
}

impl NodeOutcome {
    pub(super) fn of_status(status: NodeStatus, ended: Timestamp) -> Self {
        Self {
            status,
            ended: Some(ended),
            ..Self::default()
        }
    }

    pub(super) fn of_event(result: &RunResult<'_>, ended: Timestamp) -> Self {
        let adapter_response = result
            .adapter_response()
            .and_then(|text| serde_json::from_str(text).ok());
        Self {
            status: NodeStatus::from(&*result.status),
            message: plain_text(&result.message),
            ended: Some(ended),
            execution_time: result.execution_time,
            failures: result.num_failures,
            adapter_response,
            stands: false,
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
            status: NodeStatus::from(result.status.as_str()),
            message: result.message.as_deref().and_then(plain_text),
            ended,
            execution_time: result.execution_time,
            failures: result.failures.map(|failures| failures as i64),
            adapter_response: (!response.is_empty()).then(|| response.clone().into()),
            stands: false,
        }
    }

    pub(super) fn is_skip(&self) -> bool {
        self.status == NodeStatus::Skipped
    }

    /// Whether the node could not be executed; a test that found failures was.
    pub(super) fn is_error(&self) -> bool {
        self.status == NodeStatus::Error
    }

    pub(super) fn is_failure(&self) -> bool {
        self.status.is_failure()
    }
}

/// A message without ANSI sequences (those of unit tests have colours); `None` when it is empty.
pub(super) fn plain_text(message: &str) -> Option<String> {
    let message = strip_ansi(message);
    (!message.trim().is_empty()).then(|| message.into_owned())
}

/// The state of the task run of a node with this outcome. `root_failure` is the node whose failure made dbt skip it.
pub(super) fn task_run_state(
    unique_id: &str,
    outcome: &NodeOutcome,
    root_failure: Option<&str>,
    interrupted: bool,
) -> State {
    let message = outcome.message.clone();
    let (mut kind, mut name) = outcome.status.task_run_state();
    if interrupted && !outcome.stands && outcome.status == NodeStatus::Error {
        (kind, name) = NodeStatus::Cancelled.task_run_state();
    }
    let message = match (kind, &outcome.status) {
        (StateKind::Completed, NodeStatus::Warn | NodeStatus::Reused) => message,
        (StateKind::Completed, _) => None,
        (_, NodeStatus::Skipped) => Some(match root_failure {
            Some(root_failure) => format!("Skipped because {root_failure} did not succeed"),
            None => message.unwrap_or_else(|| "Skipped by dbt".to_owned()),
        }),
        (StateKind::Failed, status) => {
            let head = format!(
                "Task run encountered an exception Exception: Node {unique_id} finished with status {status}"
            );
            Some(match message {
                Some(message) => format!("{head}\n{message}"),
                None => head,
            })
        }
        _ => message,
    };
    State {
        kind,
        name: name.to_owned(),
        message,
    }
}
