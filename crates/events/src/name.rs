//! The names of dbt's events.

/// Declares the variants and their texts in one place.
macro_rules! names {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// The name of an event (`info.name`). Events that no program reacts to are [`EventName::Other`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventName {
            $($(#[$doc])* $name,)+
            /// Any other event. New versions of dbt add events.
            Other,
        }

        impl EventName {
            /// The names of all variants but [`EventName::Other`].
            pub const ALL: &[&str] = &[$(stringify!($name)),+];

            /// The variant of this `info.name`.
            pub fn from_name(name: &str) -> Self {
                match name {
                    $(stringify!($name) => Self::$name,)+
                    _ => Self::Other,
                }
            }
        }
    };
}

names! {
    /// The first event: the version of dbt.
    MainReportVersion,
    /// The parameters of the command, as dbt read them.
    MainReportArgs,
    /// An error that ends the command.
    MainEncounteredError,
    /// The Python traceback of that error.
    MainStackTrace,
    /// The last event of a command.
    CommandCompleted,
    /// The contents of the project, as text.
    FoundStats,
    /// The number of threads and of nodes to run.
    ConcurrencyLine,
    /// The first event of a node in dbt 1, and of each batch.
    NodeStart,
    /// dbt executes a node. dbt 2 also writes it for nodes that are not selected.
    NodeExecuting,
    /// The last event of a node, and of each batch.
    NodeFinished,
    /// A node starts: `n of m START ...`.
    LogStartLine,
    /// The result of a model; for a microbatch model, after its batches.
    LogModelResult,
    /// A batch starts: `Batch n of m START ...`.
    LogStartBatch,
    /// The result of a batch.
    LogBatchResult,
    /// The result of a freshness check.
    LogFreshnessResult,
    /// A SQL hook starts.
    LogHookStartLine,
    /// A SQL hook ends.
    LogHookEndLine,
    /// A SQL hook failed, in dbt before 1.9. Contains the kind of the hook, but not its name.
    DatabaseErrorRunningHook,
    /// A node is skipped.
    SkippingDetails,
    /// A node is skipped because an ephemeral model failed. Has no `node_info`.
    LogSkipBecauseError,
    /// A node failed, and dbt skips the nodes downstream of it.
    MarkSkippedChildren,
    /// A node failed with an unexpected exception. May be the last event of the node.
    GenericExceptionOnRun,
    /// A node failed with an exception that dbt expects, such as a database error.
    CatchableExceptionOnRun,
    /// A node failed because of an error within dbt.
    InternalErrorOnRun,
    /// A query was cancelled.
    LogCancelLine,
    /// dbt opened a connection under a name: that of the node at work, or one of its own.
    NewConnection,
    /// The same with a connection that was open already.
    ConnectionReused,
    /// The text of `--inline` could not be parsed. Its `node_info` names no node of the project.
    ParseInlineNodeError,
    /// A selection criterion matches no node.
    NoNodesForSelectionCriteria,
    /// The selection is empty: dbt runs nothing.
    NothingToDo,
    /// The same in dbt 2, and in `ls` of dbt 1.
    NoNodesSelected,
    /// The first line of the summary at the end of a run.
    EndOfRunSummary,
    /// A failed node in that summary, with its message.
    RunResultError,
    /// The first line of a failed node's message in that summary, in dbt before 1.7.
    FirstRunResultError,
    /// The further lines of that message.
    AfterFirstRunResultError,
    /// A failed node without a message in that summary.
    RunResultErrorNoMessage,
    /// The headline of a failed node in that summary.
    RunResultFailure,
    /// The headline of a warning in that summary.
    RunResultWarning,
    /// A line of output of `ls` or of the Jinja function `print()`.
    PrintEvent,
    /// The output of `show`.
    ShowNode,
    /// The output of `compile`.
    CompiledNode,
    /// An empty line or a separator.
    Formatting,
}
