//! What dbt would warn about: values, which a caller prints or takes for errors.

use std::fmt;

/// Something about a selection that is probably not what its writer meant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A term of `--select` or `--exclude` selects nothing (dbt's `NoNodesForSelectionCriteria`).
    NoNodesForTerm {
        /// The term as it was written.
        term: String,
    },
    /// An unversioned model whose contract was broken or taken away (dbt's `UnversionedBreakingChange`).
    BrokenContract {
        /// The model.
        unique_id: String,
        /// What breaks its contract.
        changes: Vec<String>,
    },
    /// Nothing is selected in the end (dbt's `NoNodesSelected`).
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
