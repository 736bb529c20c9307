//! What `state:`, `result:` and `source_status:` compare the manifest with.

use std::time::SystemTime;

use dbt_manifest::{Manifest, RunResults, Sources};
use thiserror::Error;

/// Artifacts of an earlier run (dbt's `--state`), and what else a comparison with them takes.
#[derive(Debug)]
#[non_exhaustive]
pub struct State {
    /// The earlier manifest.json.
    pub manifest: Option<Manifest>,
    /// The earlier run_results.json.
    pub run_results: Option<RunResults>,
    /// The earlier sources.json.
    pub sources: Option<Sources>,
    /// The sources.json of the latest run.
    pub current_sources: Option<Sources>,
    /// The time by which it is told whether a model is past its deprecation date.
    pub now: SystemTime,
    /// dbt's flag `state_modified_compare_more_unrendered_values` (since 1.9): the relations of sources are compared as they
    /// are written, not as they are rendered.
    pub compares_unrendered: bool,
}

impl Default for State {
    /// Nothing to compare with, at a time when no model is deprecated yet.
    fn default() -> Self {
        Self {
            manifest: None,
            run_results: None,
            sources: None,
            current_sources: None,
            now: SystemTime::UNIX_EPOCH,
            compares_unrendered: false,
        }
    }
}

/// Why a comparison with an earlier state cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StateMistake {
    /// A file that the method needs.
    #[error("`{method}:` needs {file}")]
    Missing {
        /// The method.
        method: &'static str,
        /// The file, and whose it is.
        file: &'static str,
    },
    /// A versioned model whose contract was broken or taken away.
    #[error("the contract of `{unique_id}` is broken: {}", changes.join("; "))]
    BrokenContract {
        /// The model.
        unique_id: String,
        /// What breaks its contract.
        changes: Vec<String>,
    },
}

impl StateMistake {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "`--state` names the folder with the artifacts of an earlier run"
            }
            Self::BrokenContract { .. } => {
                "make a new version of the model, and deprecate this one"
            }
        }
    }
}
