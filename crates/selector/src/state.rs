//! The earlier artifacts that `state:`, `result:` and `source_status:` compare with.

use std::time::SystemTime;

use dbt_manifest::{Manifest, RunResults, Sources};
use thiserror::Error;

/// The artifacts of an earlier run (dbt's `--state`), and other inputs of a comparison with them.
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
    /// The current time, which decides whether the deprecation date of a model has passed.
    pub now: SystemTime,
    /// dbt's flag `state_modified_compare_more_unrendered_values` (since 1.9): relations of sources are compared before
    /// rendering, not after.
    pub compares_unrendered: bool,
}

impl State {
    /// Sets the earlier manifest.json.
    #[must_use]
    pub fn with_manifest(mut self, manifest: Manifest) -> Self {
        self.manifest = Some(manifest);
        self
    }

    /// Sets the earlier run_results.json.
    #[must_use]
    pub fn with_run_results(mut self, run_results: RunResults) -> Self {
        self.run_results = Some(run_results);
        self
    }

    /// Sets the earlier sources.json, and that of the latest run.
    #[must_use]
    pub fn with_sources(mut self, earlier: Sources, current: Sources) -> Self {
        self.sources = Some(earlier);
        self.current_sources = Some(current);
        self
    }

    /// Sets the current time.
    #[must_use]
    pub fn at(mut self, now: SystemTime) -> Self {
        self.now = now;
        self
    }
}

impl Default for State {
    /// No artifacts, and a time at which no model is deprecated.
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

/// Why a comparison with an earlier state is not possible.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StateError {
    /// The method requires a file that is not there.
    #[error("`{method}:` requires {file}")]
    Missing {
        /// The method.
        method: &'static str,
        /// The file, and the run that it comes from.
        file: &'static str,
    },
    /// The contract of a versioned model has breaking changes.
    #[error("breaking changes to the contract of `{unique_id}`: {}", changes.join("; "))]
    BrokenContract {
        /// The unique id of the model.
        unique_id: String,
        /// The breaking changes.
        changes: Vec<String>,
    },
}

impl StateError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "set `--state` to the directory with the artifacts of an earlier run"
            }
            Self::BrokenContract { .. } => {
                "create a new version of the model, and deprecate this one"
            }
        }
    }
}
