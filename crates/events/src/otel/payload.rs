//! The attributes of the other records.

use serde::{Deserialize, Serialize};

use super::enums::{HookOutcome, HookType, Phase};
use super::record::Record;
use crate::{
    node::{count, flag},
    payload::payloads,
    text::Text,
};

payloads! {
    /// Attributes of `invocation.Invocation`: the run of dbt.
    Invocation {
        /// The id of the invocation: a UUID.
        #[serde(borrow)]
        invocation_id: Text<'a>,
        /// The command line.
        raw_command: Text<'a>,
        /// The program.
        process_info: Process<'a>,
        /// Counts, at the end.
        metrics: Metrics,
    }
    /// The program that runs.
    Process {
        /// The name of its package.
        #[serde(borrow)]
        package: Text<'a>,
        /// Its version, such as `2.0.9`.
        version: Text<'a>,
    }
    /// Attributes of `hook.HookProcessed`: a SQL hook of the run or of a node.
    HookProcessed {
        /// The unique id of the hook.
        #[serde(borrow)]
        unique_id: Text<'a>,
        /// The name of the hook.
        name: Text<'a>,
        /// When it runs.
        hook_type: HookType,
        /// How it ended.
        #[serde(rename = "hook_outcome")]
        outcome: HookOutcome,
    }
    /// Attributes of `log.LogMessage`, `log.UserLogMessage` and `log.ProgressMessage`: a log line.
    LogMessage {
        /// The number of the error or warning.
        #[serde(deserialize_with = "count")]
        code: Option<i64>,
        /// Its name, such as `RemoteError`.
        #[serde(borrow)]
        code_name: Text<'a>,
        /// The node that it is about.
        unique_id: Text<'a>,
        /// Whether the project's `print()` wrote it.
        #[serde(deserialize_with = "flag")]
        is_print: Option<bool>,
    }
    /// Attributes of `log.ListItemOutput`, `log.ShowDataOutput`, `log.CompiledCode` and `log.CompiledCodeInline`: output of the
    /// command.
    Output {
        /// The text.
        #[serde(borrow)]
        content: Text<'a>,
        /// The compiled SQL.
        sql: Text<'a>,
    }
}

impl Invocation<'_> {
    /// Whether the run succeeded, by the record of its end.
    #[must_use]
    pub fn is_success(&self, end: &Record<'_>) -> bool {
        let has_errors = self.metrics.total_errors.is_some_and(|count| count > 0);
        !end.is_failed() && !has_errors
    }
}

/// Counts of an invocation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Metrics {
    /// The number of errors; `None` if it is not known.
    #[serde(deserialize_with = "count")]
    pub total_errors: Option<i64>,
    /// The number of warnings.
    #[serde(deserialize_with = "count")]
    pub total_warnings: Option<i64>,
}

/// Attributes of `phase.PhaseExecuted`: a phase of the invocation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PhaseExecuted {
    /// The phase.
    pub phase: Phase,
    /// The number of its nodes.
    #[serde(deserialize_with = "count")]
    pub node_count_total: Option<i64>,
}
