//! What each engine and version of dbt does as a child process: one table, a column for each group of versions.
//!
//! The version is asked once per executable; nothing here is concluded from a failure. Which flags a version has is in
//! [`flag_table`](super::command_line).
//!
//! Sources: dbt 1.5 to 1.13 were run (the recordings in testdata, and `cargo xtask test --full`). dbt 2 was read in the source
//! of dbt-core 2.0.0-beta.2, under crates/: options and variables in dbt-clap-core/src, the order of artifacts and the exit
//! codes in dbt-main/src/dbt_lib.rs and main_impl.rs, `retry` in dbt-main/src/retry.rs, signals in dbt-main/src/ctrl_c.rs,
//! events in dbt-common/src/tracing/layers/json_compat_layer.rs.

use serde::Serialize;

use super::command_line::Engine;
use super::dbt_version::DbtVersion;

/// What a dbt does as a child process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Capabilities {
    /// The program.
    pub(crate) engine: Engine,
    /// What makes dbt write the events of nodes.
    pub(crate) node_events: NodeEvents,
    /// The event with which a node begins its work. `NodeStart` comes for nodes that are then skipped, too.
    pub(crate) node_begins: &'static str,
    /// The event that ends a node. Of a SQL hook it is `LogHookEndLine`.
    pub(crate) node_ends: &'static str,
    /// Where the message of a failed node is.
    pub(crate) node_message: NodeMessage,
    /// When manifest.json is complete.
    pub(crate) manifest: ManifestTime,
    /// What a retry can run.
    pub(crate) retry: RetrySupport,
    /// What its options do with environment variables.
    pub(crate) variables: Variables,
    /// The exit codes of arguments that dbt does not take; then it writes no event.
    pub(crate) usage_error: &'static [i32],
    /// The exit code after SIGINT.
    pub(crate) interrupted: &'static [i32],
}

/// What makes dbt write the events of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NodeEvents {
    /// `DBT_DEBUG`; the log level has no effect on them.
    DebugSwitch,
    /// The log level `debug`. `DBT_DEBUG` would cost a warning in dbt 2, which `--warn-error` makes an error.
    LogLevel,
}

/// Where the message of a failed node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NodeMessage {
    /// In the result, with the event that ends the node.
    Result,
    /// In the log line before the result; the event that ends the node has none.
    LogLineBefore,
}

/// When manifest.json is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ManifestTime {
    /// Before the first node runs.
    BeforeNodes,
    /// After the last node has ended; only `parse` writes it early.
    AfterNodes,
}

/// What a retry can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RetrySupport {
    /// The whole command: dbt has no `retry`, or `retry` takes no `--state`.
    WholeCommand,
    /// `dbt retry --state`, which keeps the arguments of the first run, but for folders, `--defer-state` and `--warn-error`.
    DbtRetry,
    /// The whole command: `dbt retry` keeps only `--full-refresh` and `--static-analysis`, and after an interrupt the results
    /// list every selected node as failed.
    ForgetsArguments,
}

/// What options do with environment variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Variables {
    /// Whether a `.env` in the working directory sets variables that are not set.
    pub(crate) reads_dotenv: bool,
    /// Whether an empty variable is an error and does not count as unset.
    pub(crate) refuses_empty: bool,
    /// Whether an unknown `DBT_ENGINE_*` variable is an error.
    pub(crate) refuses_unknown_engine: bool,
    /// Whether `DBT_INVOCATION_ID` sets the id of the invocation.
    pub(crate) takes_invocation_id: bool,
}

const OF_DBT_1: Variables = Variables {
    reads_dotenv: false,
    refuses_empty: false,
    refuses_unknown_engine: false,
    takes_invocation_id: false,
};

/// dbt 1.8 and later.
const DBT_1: Capabilities = Capabilities {
    engine: Engine::Core,
    node_events: NodeEvents::LogLevel,
    node_begins: "LogStartLine",
    node_ends: "NodeFinished",
    node_message: NodeMessage::Result,
    manifest: ManifestTime::BeforeNodes,
    retry: RetrySupport::DbtRetry,
    variables: OF_DBT_1,
    usage_error: &[2],
    interrupted: &[1, 2],
};

/// dbt 1.6 and 1.7: `dbt retry` takes no `--state`.
const DBT_1_6: Capabilities = Capabilities {
    retry: RetrySupport::WholeCommand,
    ..DBT_1
};

const DBT_1_5: Capabilities = Capabilities {
    node_events: NodeEvents::DebugSwitch,
    ..DBT_1_6
};

const DBT_2: Capabilities = Capabilities {
    engine: Engine::Fusion,
    node_events: NodeEvents::LogLevel,
    node_begins: "NodeExecuting",
    node_ends: "NodeFinished",
    node_message: NodeMessage::LogLineBefore,
    manifest: ManifestTime::AfterNodes,
    retry: RetrySupport::ForgetsArguments,
    variables: Variables {
        reads_dotenv: true,
        refuses_empty: true,
        refuses_unknown_engine: true,
        takes_invocation_id: true,
    },
    usage_error: &[1, 2],
    interrupted: &[1],
};

impl Capabilities {
    /// What this version does. A version that cannot be read counts as the newest of dbt 1.
    pub(crate) fn of(version: &DbtVersion) -> &'static Self {
        match version.numbers() {
            Some((2.., _)) => &DBT_2,
            Some((1, 6 | 7)) => &DBT_1_6,
            Some((0, _) | (1, ..=5)) => &DBT_1_5,
            Some((1, _)) | None => &DBT_1,
        }
    }
}

impl Default for &Capabilities {
    /// What dbt does whose version is not known.
    fn default() -> Self {
        &DBT_1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: &str) -> &'static Capabilities {
        Capabilities::of(&DbtVersion::new(version))
    }

    #[test]
    fn each_version_has_its_column() {
        for (version, expected) in [
            ("1.5.12", &DBT_1_5),
            ("1.7.20", &DBT_1_6),
            ("1.8.0-rc1", &DBT_1),
            ("1.13.0b1", &DBT_1),
            ("2.0.0-beta.2", &DBT_2),
            ("2.1.4", &DBT_2),
            ("unknown", &DBT_1),
        ] {
            assert_eq!(of(version), expected, "{version}");
        }
    }

    #[test]
    fn a_retry_is_left_to_dbt_where_it_keeps_arguments_and_takes_a_state() {
        let kept = |version| of(version).retry == RetrySupport::DbtRetry;
        assert!(kept("1.8.10") && kept("1.11.16"));
        assert!(!kept("1.7.20") && !kept("1.5.0") && !kept("2.0.9"));
    }
}
