//! Warnings that dbt would show. The caller prints them or treats them as errors.

use std::fmt;

/// Something about a selection that is probably not intended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A term of `--select` or `--exclude` selects nothing (dbt's `NoNodesForSelectionCriteria`).
    NoNodesForTerm {
        /// The term.
        term: String,
    },
    /// The contract of an unversioned model has breaking changes (dbt's `UnversionedBreakingChange`).
    BrokenContract {
        /// The unique id of the model.
        unique_id: String,
        /// The breaking changes.
        changes: Vec<String>,
    },
    /// The selection is empty (dbt's `NoNodesSelected`).
    NoNodesSelected,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNodesForTerm { term } => write!(
                f,
                "the selection criterion `{term}` matches no enabled node"
            ),
            Self::BrokenContract { unique_id, changes } => {
                write!(
                    f,
                    "the contract of `{unique_id}` is broken: {}",
                    changes.join("; ")
                )
            }
            Self::NoNodesSelected => f.write_str("no nodes selected"),
        }
    }
}
