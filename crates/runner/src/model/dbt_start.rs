//! How dbt is started.

use serde::{Deserialize, Serialize};

/// How dbt is started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DbtStart {
    /// By the launcher.
    Launcher,
    /// By the launcher, in an interpreter that has imported dbt for an earlier run of the same process.
    Forked,
    /// As it is, for this reason.
    Plain(String),
}
