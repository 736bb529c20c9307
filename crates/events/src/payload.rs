//! What single events carry besides their node. Every field may be missing; unknown ones are passed over.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    node::{RunResult, count, flag, seconds},
    text::Text,
};

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$field_meta:meta])* $field:ident: $type:ty,)*
    })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct $name<'a> {
            $($(#[$field_meta])* pub $field: $type,)*
        }
    )+};
}

payloads! {
    /// Of `MainReportVersion`.
    ReportVersion {
        /// dbt's version; dbt 1 puts `=` before it.
        #[serde(borrow)]
        version: Text<'a>,
    }
    /// Of `MainReportArgs`.
    ReportArgs {
        /// dbt's parameters, each as text.
        #[serde(borrow)]
        args: BTreeMap<Text<'a>, Text<'a>>,
    }
    /// Of `MainEncounteredError`.
    EncounteredError {
        /// The exception's text.
        #[serde(borrow)]
        exc: Text<'a>,
    }
    /// Of `LogCancelLine`.
    CancelLine {
        /// The connection whose query was cancelled: a node's unique id, or what dbt was about.
        #[serde(borrow)]
        conn_name: Text<'a>,
    }
    /// Of `CommandCompleted`.
    CommandCompleted {
        /// The command line as dbt saw it; absent in dbt 2.
        #[serde(borrow)]
        command: Text<'a>,
        /// Whether all went well.
        #[serde(deserialize_with = "flag")]
        success: Option<bool>,
        /// Seconds.
        #[serde(deserialize_with = "seconds")]
        elapsed: Option<f64>,
    }
    /// Of `FoundStats`.
    Stats {
        /// Such as `8 models, 5 data tests, 511 macros`.
        #[serde(borrow)]
        stat_line: Text<'a>,
    }
    /// Of `ConcurrencyLine`.
    Concurrency {
        /// Worker threads.
        #[serde(deserialize_with = "count")]
        num_threads: Option<i64>,
        /// Nodes to run, without unit tests and hooks.
        #[serde(deserialize_with = "count")]
        node_count: Option<i64>,
        /// Name of the target.
        #[serde(borrow)]
        target_name: Text<'a>,
    }
    /// Of `LogStartLine`.
    StartLine {
        /// Such as `sql table model main.orders`.
        #[serde(borrow)]
        description: Text<'a>,
        /// Number of the node, from 1; absent in dbt 2.
        #[serde(deserialize_with = "count")]
        index: Option<i64>,
        /// Number of nodes, unit tests included; absent in dbt 2.
        #[serde(deserialize_with = "count")]
        total: Option<i64>,
    }
    /// Of `NodeFinished`.
    NodeFinished {
        /// The outcome.
        #[serde(borrow)]
        run_result: RunResult<'a>,
    }
    /// Of `SkippingDetails`.
    SkippingDetails {
        /// Type of the skipped node.
        #[serde(borrow)]
        resource_type: Text<'a>,
        /// Its name.
        node_name: Text<'a>,
    }
    /// Of `LogSkipBecauseError`.
    SkipBecauseError {
        /// Schema of the skipped node.
        #[serde(borrow)]
        schema: Text<'a>,
        /// Relation of the skipped node: its alias.
        relation: Text<'a>,
    }
    /// Of `MarkSkippedChildren`.
    MarkSkippedChildren {
        /// The node that did not succeed.
        #[serde(borrow)]
        unique_id: Text<'a>,
        /// Its status.
        status: Text<'a>,
        /// Its outcome.
        run_result: RunResult<'a>,
    }
    /// Of `GenericExceptionOnRun`, `CatchableExceptionOnRun` and `InternalErrorOnRun`.
    ExceptionOnRun {
        /// The node; the events may lack node_info.
        #[serde(borrow)]
        unique_id: Text<'a>,
        /// The exception's text.
        exc: Text<'a>,
    }
    /// Of `LogStartBatch`.
    BatchStart {
        /// Number of the batch, from 1.
        #[serde(deserialize_with = "count")]
        batch_index: Option<i64>,
        /// Number of batches.
        #[serde(deserialize_with = "count")]
        total_batches: Option<i64>,
        /// Such as `batch 2026-01-01 of main.daily`.
        #[serde(borrow)]
        description: Text<'a>,
    }
    /// Of `LogBatchResult`.
    BatchResult {
        /// Number of the batch, from 1.
        #[serde(deserialize_with = "count")]
        batch_index: Option<i64>,
        /// Number of batches.
        #[serde(deserialize_with = "count")]
        total_batches: Option<i64>,
        /// `OK`, `error`, `skipped`.
        #[serde(borrow)]
        status: Text<'a>,
        /// Seconds.
        #[serde(deserialize_with = "seconds")]
        execution_time: Option<f64>,
    }
    /// Of `LogHookStartLine`.
    HookStart {
        /// Such as `shop.on-run-start.0`.
        #[serde(borrow)]
        statement: Text<'a>,
        /// Number of the hook, from 1.
        #[serde(deserialize_with = "count")]
        index: Option<i64>,
        /// Number of hooks of that kind.
        #[serde(deserialize_with = "count")]
        total: Option<i64>,
    }
    /// Of `LogHookEndLine`.
    HookEnd {
        /// Such as `shop.on-run-start.0`.
        #[serde(borrow)]
        statement: Text<'a>,
        /// `success` or `error`; dbt before 1.10 writes `OK`.
        status: Text<'a>,
        /// Seconds.
        #[serde(deserialize_with = "seconds")]
        execution_time: Option<f64>,
    }
    /// Of `LogFreshnessResult`.
    FreshnessResult {
        /// `pass`, `warn`, `error` or `runtime error`.
        #[serde(borrow)]
        status: Text<'a>,
        /// Name of the source.
        source_name: Text<'a>,
        /// Name of the table.
        table_name: Text<'a>,
        /// Seconds.
        #[serde(deserialize_with = "seconds")]
        execution_time: Option<f64>,
    }
    /// Of `RunResultError`.
    RunResultError {
        /// The failed node's message.
        #[serde(borrow)]
        msg: Text<'a>,
    }
    /// Of `ShowNode`.
    ShowNode {
        /// Name of the shown node.
        #[serde(borrow)]
        node_name: Text<'a>,
        /// The rows, as a table or as JSON.
        preview: Text<'a>,
        /// `text` or `json`.
        output_format: Text<'a>,
    }
    /// Of `CompiledNode`.
    CompiledNode {
        /// Name of the compiled node.
        #[serde(borrow)]
        node_name: Text<'a>,
        /// The SQL.
        compiled: Text<'a>,
        /// `text` or `json`.
        output_format: Text<'a>,
    }
}

/// Of `EndOfRunSummary`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EndOfRunSummary {
    /// Failed nodes.
    #[serde(deserialize_with = "count")]
    pub num_errors: Option<i64>,
    /// Warnings.
    #[serde(deserialize_with = "count")]
    pub num_warnings: Option<i64>,
    /// Whether an interrupt ended the run.
    #[serde(deserialize_with = "flag")]
    pub keyboard_interrupt: Option<bool>,
}
