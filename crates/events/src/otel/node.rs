//! The spans of nodes.

use serde::{Deserialize, Serialize};

use super::enums::{
    CacheReason, ErrorType, FreshnessOutcome, NodeOutcome, Phase, SkipReason, TestOutcome,
    WarningOutcome,
};
use crate::{
    node::{count, flag},
    payload::payloads,
    text::Text,
};

payloads! {
    /// Attributes of `node.NodeProcessed`: a node, from its first phase to its end.
    NodeProcessed {
        /// The unique id of the node.
        #[serde(borrow)]
        unique_id: Text<'a>,
        /// The name of the node.
        name: Text<'a>,
        /// Its type, in dbt 2's form: see [`resource_type`](NodeProcessed::resource_type).
        node_type: Text<'a>,
        /// Its materialization, in dbt 2's form: see [`materialized`](NodeProcessed::materialized).
        materialization: Text<'a>,
        /// The name of its materialization, if the project defines it.
        custom_materialization: Text<'a>,
        /// How it ended.
        #[serde(rename = "node_outcome")]
        outcome: NodeOutcome,
        /// The last phase that it reached.
        last_phase: Phase,
        /// Why it was not run.
        #[serde(rename = "node_skip_reason")]
        skip_reason: SkipReason,
        /// The class of its error; `None` if it has none.
        #[serde(rename = "node_error_type")]
        error_type: Option<ErrorType>,
        /// Whether the node is selected. dbt 2 also analyses others.
        #[serde(deserialize_with = "flag")]
        in_selection: Option<bool>,
        /// The time that it took, in milliseconds, without waiting.
        #[serde(deserialize_with = "count")]
        duration_ms: Option<i64>,
        /// The number of rows that it wrote.
        #[serde(deserialize_with = "count")]
        rows_affected: Option<i64>,
        /// The verdict of a test; `None` for other nodes.
        #[serde(rename = "node_test_detail")]
        test: Option<TestDetail>,
        /// The verdict of a freshness check; `None` for other nodes.
        #[serde(rename = "node_freshness_outcome")]
        freshness: Option<FreshnessDetail>,
        #[serde(rename = "node_evaluation_detail")]
        /// Whether a node that succeeded has warnings.
        evaluation: EvaluationDetail,
        /// Why its relation could be reused.
        #[serde(rename = "node_cache_detail")]
        cache: Option<CacheDetail>,
        /// The node because of which it was skipped: see [`skipped_because_of`](NodeProcessed::skipped_because_of).
        #[serde(rename = "node_skip_upstream_detail")]
        upstream: UpstreamDetail<'a>,
    }
    /// The node because of which another one was skipped.
    UpstreamDetail {
        /// Its unique id.
        #[serde(borrow)]
        upstream_unique_id: Text<'a>,
    }
    /// Attributes of `node.NodeEvaluated`: one phase of a node.
    NodeEvaluated {
        /// The unique id of the node.
        #[serde(borrow)]
        unique_id: Text<'a>,
        /// The phase.
        phase: Phase,
        /// How the phase ended.
        #[serde(rename = "node_outcome")]
        outcome: NodeOutcome,
    }
}

/// The verdict of a test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TestDetail {
    /// The verdict.
    #[serde(rename = "test_outcome")]
    pub outcome: TestOutcome,
    /// The number of rows that failed.
    #[serde(deserialize_with = "count")]
    pub failing_rows: Option<i64>,
}

/// The verdict of a freshness check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FreshnessDetail {
    /// The verdict.
    #[serde(rename = "node_freshness_outcome")]
    pub outcome: FreshnessOutcome,
    /// The age of the source, in seconds.
    #[serde(deserialize_with = "count")]
    pub age_seconds: Option<i64>,
}

/// Whether a node that succeeded has warnings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EvaluationDetail {
    /// Whether it has.
    #[serde(rename = "node_warning_outcome")]
    pub warnings: WarningOutcome,
}

/// Why a relation could be reused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CacheDetail {
    /// The reason.
    #[serde(rename = "node_cache_reason")]
    pub reason: CacheReason,
}

impl NodeProcessed<'_> {
    /// dbt's text of the status, as its JSON log has it: `success`, `error`, `skipped`, `reused`, ...; `unknown` for an outcome
    /// that this version of the crate does not know.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match (self.outcome, self.test, self.freshness) {
            (NodeOutcome::Success, _, Some(freshness)) => match freshness.outcome {
                FreshnessOutcome::Passed => "pass",
                FreshnessOutcome::Warned => "warn",
                FreshnessOutcome::Failed => "error",
                FreshnessOutcome::Other => "unknown",
            },
            (NodeOutcome::Success, Some(test), None) => match test.outcome {
                TestOutcome::Passed => "pass",
                TestOutcome::Warned => "warn",
                TestOutcome::Failed => "fail",
                TestOutcome::Other => "unknown",
            },
            (NodeOutcome::Success, None, None) => match self.evaluation.warnings {
                WarningOutcome::WithWarnings => "warn",
                _ => "success",
            },
            (NodeOutcome::Error, ..) => "error",
            (NodeOutcome::Canceled, ..) => "cancelled",
            (NodeOutcome::Skipped, ..) => match self.skip_reason {
                SkipReason::Cached => "reused",
                SkipReason::NoOp => "no-op",
                _ => "skipped",
            },
            (NodeOutcome::Unspecified, ..) => "no-op",
            (NodeOutcome::Other, ..) => "unknown",
        }
    }

    /// The resource type, as manifest.json has it: `model`, `unit_test`, ... In ASCII lower case.
    #[must_use]
    pub fn resource_type(&self) -> String {
        plain(&self.node_type, "NODE_TYPE_")
    }

    /// The materialization, as manifest.json has it: `table`, `materialized_view`, ...; empty if there is none.
    #[must_use]
    pub fn materialized(&self) -> String {
        match self.custom_materialization.non_empty() {
            Some(custom) => custom.to_owned(),
            None => plain(&self.materialization, "NODE_MATERIALIZATION_"),
        }
    }

    /// The unique id of the node because of which this one was skipped.
    #[must_use]
    pub fn skipped_because_of(&self) -> Option<&str> {
        self.upstream.upstream_unique_id.non_empty()
    }
}

fn plain(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix)
        .unwrap_or_default()
        .to_ascii_lowercase()
}
