//! The status that dbt gives a node, and what each status means.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::state::StateKind;

/// The status of a node, as dbt writes it: `run_result.status` in its structured log and `results[].status` in
/// run_results.json (dbt 1.5 to 1.13, and dbt 2).
///
/// It serialises as dbt's own text. A status that no supported version of dbt writes is kept as
/// [`Unknown`](Self::Unknown), and counts as a failure everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NodeStatus {
    /// `success`: a model, seed, snapshot, function or SQL hook was built or ran.
    Success,
    /// `pass`: a test passed, or a source is fresh.
    Pass,
    /// `no-op` (since dbt 1.10): there was nothing to execute.
    NoOp,
    /// `reused` (dbt 1.12 and dbt 2): the relation was already up to date.
    Reused,
    /// `warn`: a test with severity `warn` failed, or a source is somewhat stale.
    Warn,
    /// `error`: the node could not be executed, or a source is stale.
    Error,
    /// `fail`: a test failed.
    Fail,
    /// `runtime error`: the freshness of a source could not be read.
    RuntimeError,
    /// `partial success` (since dbt 1.9): some batches of a microbatch model failed.
    PartialSuccess,
    /// `skipped`: dbt did not run the node because an upstream node failed.
    Skipped,
    /// `cancelled` (dbt 2, and ours for nodes that were running when dbt was interrupted).
    Cancelled,
    /// `started`: the node is running. Only in `node_info.node_status`.
    Started,
    /// `compiling`: the node is being compiled. Only in `node_info.node_status`.
    Compiling,
    /// `executing`: the node is being executed. Only in `node_info.node_status`.
    Executing,
    /// The empty text: dbt's process ended before dbt reported a status.
    #[default]
    NotReported,
    /// Any other text.
    Unknown(Box<str>),
}

impl NodeStatus {
    /// dbt's text of the status.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Success => "success",
            Self::Pass => "pass",
            Self::NoOp => "no-op",
            Self::Reused => "reused",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fail => "fail",
            Self::RuntimeError => "runtime error",
            Self::PartialSuccess => "partial success",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
            Self::Started => "started",
            Self::Compiling => "compiling",
            Self::Executing => "executing",
            Self::NotReported => "",
            Self::Unknown(text) => text,
        }
    }

    /// Type and name of the state of a task run whose node ended with this status.
    #[must_use]
    pub const fn task_run_state(&self) -> (StateKind, &'static str) {
        match self {
            Self::Success | Self::Pass | Self::NoOp => (StateKind::Completed, "Completed"),
            Self::Reused => (StateKind::Completed, "Cached"),
            Self::Warn => (StateKind::Completed, "Warned"),
            Self::Skipped => (StateKind::Cancelled, "Skipped"),
            Self::Cancelled => (StateKind::Cancelled, "Cancelled"),
            Self::NotReported => (StateKind::Crashed, "Crashed"),
            // `started` and the like are not results: as unexpected as an unknown status.
            Self::Error
            | Self::Fail
            | Self::RuntimeError
            | Self::PartialSuccess
            | Self::Started
            | Self::Compiling
            | Self::Executing
            | Self::Unknown(_) => (StateKind::Failed, "Failed"),
        }
    }

    /// Whether the node succeeded, with or without a warning.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.task_run_state().0 == StateKind::Completed
    }

    /// Whether the node failed; an unknown status counts as failed.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.task_run_state().0 == StateKind::Failed
    }

    /// Whether dbt is running the node: a status of `node_info.node_status` that is not a result.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        matches!(self, Self::Started | Self::Compiling | Self::Executing)
    }

    /// Whether `node_info.node_status` says that the node ended. An unknown status there may be one of a node that is
    /// still running.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        !self.is_running() && !matches!(self, Self::NotReported | Self::Unknown(_))
    }

    /// Whether `dbt retry` (1.x) runs the node again.
    #[must_use]
    pub const fn is_retried_by_dbt(&self) -> bool {
        matches!(
            self,
            Self::Error | Self::Fail | Self::RuntimeError | Self::PartialSuccess | Self::Skipped
        )
    }
}

impl From<&str> for NodeStatus {
    fn from(text: &str) -> Self {
        match text {
            "success" => Self::Success,
            "pass" => Self::Pass,
            "no-op" => Self::NoOp,
            "reused" => Self::Reused,
            "warn" => Self::Warn,
            "error" => Self::Error,
            "fail" => Self::Fail,
            "runtime error" => Self::RuntimeError,
            "partial success" => Self::PartialSuccess,
            "skipped" => Self::Skipped,
            "cancelled" => Self::Cancelled,
            "started" => Self::Started,
            "compiling" => Self::Compiling,
            "executing" => Self::Executing,
            "" => Self::NotReported,
            other => Self::Unknown(other.into()),
        }
    }
}

impl From<String> for NodeStatus {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Display for NodeStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for NodeStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for NodeStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text)
    }
}

/// Reads a status without a copy of its text: a history has millions of them.
struct Text;

impl Visitor<'_> for Text {
    type Value = NodeStatus;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the status of a node")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<NodeStatus, E> {
        Ok(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 16] = [
        "success",
        "pass",
        "no-op",
        "reused",
        "warn",
        "error",
        "fail",
        "runtime error",
        "partial success",
        "skipped",
        "cancelled",
        "started",
        "compiling",
        "executing",
        "",
        "exploded",
    ];

    #[test]
    fn each_status_serialises_as_the_text_that_it_was_read_from() {
        for text in TEXTS {
            let status = NodeStatus::from(text);
            assert_eq!(status.to_string(), text);
            let json = serde_json::to_string(&status).unwrap();
            assert_eq!(json, serde_json::to_string(text).unwrap());
            assert_eq!(serde_json::from_str::<NodeStatus>(&json).unwrap(), status);
        }
    }

    #[test]
    fn what_each_status_means() {
        let rows = TEXTS.map(|text| {
            let status = NodeStatus::from(text);
            let (kind, name) = status.task_run_state();
            let mut row = format!("{text:?}: {kind:?} {name}");
            for (is, word) in [
                (status.is_success(), "success"),
                (status.is_failure(), "failure"),
                (status.is_running(), "running"),
                (status.is_final(), "final"),
                (status.is_retried_by_dbt(), "retried"),
            ] {
                if is {
                    row = format!("{row}, {word}");
                }
            }
            row
        });
        insta::assert_snapshot!(rows.join("\n"));
    }
}
