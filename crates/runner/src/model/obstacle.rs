//! Why `dbt retry` is not safe to use after an attempt.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why `dbt retry` is not safe to use after an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Obstacle {
    /// dbt failed before it ran a node: the results in the target folder are those of an earlier run.
    NoResults,
    /// `dbt retry` does not repeat this command.
    Command(String),
    /// `dbt retry` of this version of dbt is not supported.
    Version(String),
    /// Nodes that never started are not in the results, and it is not known which nodes were selected.
    UnknownSchedule,
    /// Only SQL hooks failed, which `dbt retry` does not run again.
    OnlyHooks,
    /// It has not ended: it is running, or its process was killed.
    Open,
}

impl Obstacle {
    /// Whether `dbt retry` cannot be used at all.
    pub(crate) fn is_absolute(&self) -> bool {
        !matches!(self, Self::UnknownSchedule)
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResults => {
                f.write_str("dbt failed before it ran a node, so there are no results")
            }
            Self::Command(command) => write!(f, "dbt retry does not support `{command}`"),
            Self::Version(version) => {
                write!(f, "dbt retry is not supported for dbt {version}")
            }
            Self::UnknownSchedule => f.write_str("the nodes that had not started are not known"),
            Self::Open => f.write_str("its process was killed, so there are no results"),
            Self::OnlyHooks => {
                f.write_str("only SQL hooks failed, which dbt retry does not run again")
            }
        }
    }
}
