//! Why `dbt retry` cannot be trusted after an attempt.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why `dbt retry` is not to be trusted after an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Obstacle {
    /// dbt failed before it ran anything: what lies in the target folder is of an earlier run.
    NoResults,
    /// `dbt retry` does not repeat this command.
    Command(String),
    /// `dbt retry` of this version is not known well enough.
    Version(String),
    /// Nodes that never started are in no result, and what was scheduled is not known.
    UnknownSchedule,
    /// Nothing but SQL hooks failed, which `dbt retry` does not repeat.
    OnlyHooks,
    /// It has not ended: it is at work, or its process was killed.
    Open,
}

impl Obstacle {
    /// Whether `dbt retry` can be called at all.
    pub(crate) fn is_absolute(&self) -> bool {
        !matches!(self, Self::UnknownSchedule)
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResults => f.write_str("it failed before dbt ran a node and left no results"),
            Self::Command(command) => write!(f, "dbt retry does not repeat `{command}`"),
            Self::Version(version) => {
                write!(f, "dbt retry is not known to be right in dbt {version}")
            }
            Self::UnknownSchedule => {
                f.write_str("what it had not yet started cannot be known from here")
            }
            Self::Open => {
                f.write_str("its process was killed, and left no word of what it had built")
            }
            Self::OnlyHooks => f.write_str("only SQL hooks failed, which dbt retry passes over"),
        }
    }
}
