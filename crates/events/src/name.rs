//! Names of events.

/// Declares the enum and its names in one place, so that they cannot drift apart.
macro_rules! names {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// Name of an event (`info.name`): those with a meaning here, and [`EventName::Other`] for the rest.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventName {
            $($(#[$doc])* $name,)+
            /// Any other event; new dbt versions add some all the time.
            Other,
        }

        impl EventName {
            /// Reads `info.name`.
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
    /// First event: dbt's version.
    MainReportVersion,
    /// The arguments that dbt understood.
    MainReportArgs,
    /// An error that ends the command.
    MainEncounteredError,
    /// The Python traceback to it.
    MainStackTrace,
    /// Last event of a command.
    CommandCompleted,
    /// What the project holds, in words.
    FoundStats,
    /// Threads and number of nodes of the run.
    ConcurrencyLine,
    /// A node's first event in dbt 1; of each batch, too.
    NodeStart,
    /// A node's last event; of each batch, too.
    NodeFinished,
    /// `n of m START ...`.
    LogStartLine,
    /// Result of a model; of a microbatch model after its batches.
    LogModelResult,
    /// `Batch n of m START ...`.
    LogStartBatch,
    /// Result of a batch.
    LogBatchResult,
    /// Result of a freshness check.
    LogFreshnessResult,
    /// A SQL hook began.
    LogHookStartLine,
    /// A SQL hook ended.
    LogHookEndLine,
    /// A SQL hook failed, in dbt before 1.9; names only the kind of hook.
    DatabaseErrorRunningHook,
    /// A node is skipped.
    SkippingDetails,
    /// A node is skipped since an ephemeral model failed; carries no node_info.
    LogSkipBecauseError,
    /// A node's failure makes dbt skip those below it.
    MarkSkippedChildren,
    /// An unforeseen error in a node; may be its last event.
    GenericExceptionOnRun,
    /// An error of a node that dbt foresees.
    CatchableExceptionOnRun,
    /// An error inside of dbt while a node ran.
    InternalErrorOnRun,
    /// A query was cancelled.
    LogCancelLine,
    /// Head of the closing report.
    EndOfRunSummary,
    /// A failed node in the closing report.
    RunResultError,
    /// The first line of a failed node's message, in dbt before 1.7.
    FirstRunResultError,
    /// The lines after it.
    AfterFirstRunResultError,
    /// A failed node without a message in the closing report.
    RunResultErrorNoMessage,
    /// Headline of a failed node in the closing report.
    RunResultFailure,
    /// Headline of a warning in the closing report.
    RunResultWarning,
    /// A line of output: `ls` and `print()`.
    PrintEvent,
    /// Output of `show`.
    ShowNode,
    /// Output of `compile`.
    CompiledNode,
    /// An empty line or a separator.
    Formatting,
}
