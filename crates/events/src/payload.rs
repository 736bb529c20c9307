//! The payloads of single events: what `data` contains besides the node. Missing fields get a default; unknown ones are
//! ignored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    node::{RunResult, count, flag, seconds},
    text::Text,
};

/// Declares payloads: every field is public, and has a default.
macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$field_meta:meta])* $field:ident: $type:ty,)*
    })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize, Serialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct $name<'a> {
            $($(#[$field_meta])* pub $field: $type,)*
        }
    )+};
}
pub(crate) use payloads;

payloads! {
    /// Payload of `MainReportVersion`.
    ReportVersion {
        /// The version of dbt, such as `=1.11.0` in dbt 1 and `2.0.0` in dbt 2.
        #[serde(borrow)]
        version: Text<'a>,
    }
    /// Payload of `MainReportArgs`.
    ReportArgs {
        /// dbt's parameters: name to value as text.
        #[serde(borrow)]
        args: BTreeMap<Text<'a>, Text<'a>>,
    }
    /// Payload of `MainEncounteredError`.
    EncounteredError {
        /// The text of the exception.
        #[serde(borrow)]
        exc: Text<'a>,
    }
    /// Payload of `NewConnection` and `ConnectionReused`.
    Connection {
        /// The name of the connection: the unique id of a node, or a task of dbt's own.
        #[serde(borrow)]
        conn_name: Text<'a>,
    }
    /// Payload of `LogCancelLine`.
    CancelLine {
        /// The name of the connection whose query was cancelled: the unique id of a node, or a task of dbt's own.
        #[serde(borrow)]
        conn_name: Text<'a>,
    }
    /// Payload of `CommandCompleted`.
    CommandCompleted {
        /// The command line; empty in dbt 2.
        #[serde(borrow)]
        command: Text<'a>,
        /// Whether the command succeeded.
        #[serde(deserialize_with = "flag")]
        success: Option<bool>,
        /// How long the command took, in seconds.
        #[serde(deserialize_with = "seconds")]
        elapsed: Option<f64>,
    }
    /// Payload of `FoundStats`.
    Stats {
        /// The contents of the project, such as `8 models, 5 data tests, 511 macros`.
        #[serde(borrow)]
        stat_line: Text<'a>,
    }
    /// Payload of `ConcurrencyLine`.
    Concurrency {
        /// The number of worker threads.
        #[serde(deserialize_with = "count")]
        num_threads: Option<i64>,
        /// The number of nodes to run, without unit tests and hooks.
        #[serde(deserialize_with = "count")]
        node_count: Option<i64>,
        /// The name of the target in profiles.yml.
        #[serde(borrow)]
        target_name: Text<'a>,
    }
    /// Payload of `LogStartLine`.
    StartLine {
        /// Kind and relation of the node, such as `sql table model main.orders`.
        #[serde(borrow)]
        description: Text<'a>,
        /// The number of the node, from 1; none in dbt 2.
        #[serde(deserialize_with = "count")]
        index: Option<i64>,
        /// The number of all nodes, unit tests included; none in dbt 2.
        #[serde(deserialize_with = "count")]
        total: Option<i64>,
    }
    /// Payload of `NodeFinished`.
    NodeFinished {
        /// The result of the node.
        #[serde(borrow)]
        run_result: RunResult<'a>,
    }
    /// Payload of `SkippingDetails`.
    SkippingDetails {
        /// The resource type of the skipped node.
        #[serde(borrow)]
        resource_type: Text<'a>,
        /// The name of the skipped node.
        node_name: Text<'a>,
    }
    /// Payload of `LogSkipBecauseError`.
    SkipBecauseError {
        /// The schema of the skipped node.
        #[serde(borrow)]
        schema: Text<'a>,
        /// The alias of the skipped node.
        relation: Text<'a>,
    }
    /// Payload of `MarkSkippedChildren`.
    MarkSkippedChildren {
        /// The unique id of the node that did not succeed.
        #[serde(borrow)]
        unique_id: Text<'a>,
        /// The status of that node.
        status: Text<'a>,
        /// The result of that node.
        run_result: RunResult<'a>,
    }
    /// Payload of `GenericExceptionOnRun`, `CatchableExceptionOnRun` and `InternalErrorOnRun`.
    ExceptionOnRun {
        /// The unique id of the node. These events may have no `node_info`.
        #[serde(borrow)]
        unique_id: Text<'a>,
        /// The text of the exception.
        exc: Text<'a>,
    }
    /// Payload of `LogStartBatch`.
    BatchStart {
        /// The number of the batch, from 1.
        #[serde(deserialize_with = "count")]
        batch_index: Option<i64>,
        /// The number of all batches of the node.
        #[serde(deserialize_with = "count")]
        total_batches: Option<i64>,
        /// Batch and relation, such as `batch 2026-01-01 of main.daily`.
        #[serde(borrow)]
        description: Text<'a>,
    }
    /// Payload of `LogBatchResult`.
    BatchResult {
        /// The number of the batch, from 1.
        #[serde(deserialize_with = "count")]
        batch_index: Option<i64>,
        /// The number of all batches of the node.
        #[serde(deserialize_with = "count")]
        total_batches: Option<i64>,
        /// The status of the batch: `OK`, `error` or `skipped`.
        #[serde(borrow)]
        status: Text<'a>,
        /// How long the batch took, in seconds.
        #[serde(deserialize_with = "seconds")]
        execution_time: Option<f64>,
    }
    /// Payload of `LogHookStartLine`.
    HookStart {
        /// The name of the hook, such as `shop.on-run-start.0`.
        #[serde(borrow)]
        statement: Text<'a>,
        /// The number of the hook, from 1.
        #[serde(deserialize_with = "count")]
        index: Option<i64>,
        /// The number of all hooks of this kind.
        #[serde(deserialize_with = "count")]
        total: Option<i64>,
    }
    /// Payload of `LogHookEndLine`.
    HookEnd {
        /// The name of the hook, such as `shop.on-run-start.0`.
        #[serde(borrow)]
        statement: Text<'a>,
        /// `success` or `error`. dbt before 1.10 writes `OK`.
        status: Text<'a>,
        /// How long the hook took, in seconds.
        #[serde(deserialize_with = "seconds")]
        execution_time: Option<f64>,
    }
    /// Payload of `LogFreshnessResult`.
    FreshnessResult {
        /// The status of the source: `pass`, `warn`, `error` or `runtime error`.
        #[serde(borrow)]
        status: Text<'a>,
        /// The name of the source.
        source_name: Text<'a>,
        /// The name of the source's table.
        table_name: Text<'a>,
        /// How long the check took, in seconds.
        #[serde(deserialize_with = "seconds")]
        execution_time: Option<f64>,
    }
    /// Payload of `RunResultError`.
    RunResultError {
        /// The message of the failed node.
        #[serde(borrow)]
        msg: Text<'a>,
    }
    /// Payload of `ShowNode`.
    ShowNode {
        /// The name of the node.
        #[serde(borrow)]
        node_name: Text<'a>,
        /// The rows, as a text table or as JSON.
        preview: Text<'a>,
        /// `text` or `json`.
        output_format: Text<'a>,
    }
    /// Payload of `CompiledNode`.
    CompiledNode {
        /// The name of the node.
        #[serde(borrow)]
        node_name: Text<'a>,
        /// The compiled SQL.
        compiled: Text<'a>,
        /// `text` or `json`.
        output_format: Text<'a>,
    }
}

/// Payload of `EndOfRunSummary`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EndOfRunSummary {
    /// The number of failed nodes.
    #[serde(deserialize_with = "count")]
    pub num_errors: Option<i64>,
    /// The number of warnings.
    #[serde(deserialize_with = "count")]
    pub num_warnings: Option<i64>,
    /// Whether an interrupt (Ctrl-C) ended the run.
    #[serde(deserialize_with = "flag")]
    pub keyboard_interrupt: Option<bool>,
}
