//! Unique ids of nodes, and kinds of nodes.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The unique id of a node, for example `model.shop.orders` or `source.shop.raw.orders`.
///
/// Cheap to clone. Ids are ordered by their bytes, as in dbt.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UniqueId(Arc<str>);

impl UniqueId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Arc<str>> for UniqueId {
    fn from(id: Arc<str>) -> Self {
        Self(id)
    }
}

impl From<&str> for UniqueId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl Deref for UniqueId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for UniqueId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

// Ids hash and order as their text does, so that a map can be searched with a `&str`.
impl Borrow<str> for UniqueId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for UniqueId {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for UniqueId {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

macro_rules! resource_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The kind of a node.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ResourceType {
            $($(#[$doc])* $variant,)*
            /// A kind that this crate does not know, with dbt's name.
            Other(Arc<str>),
        }

        impl ResourceType {
            /// dbt's name of the kind.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }
        }

        impl From<&str> for ResourceType {
            fn from(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)*
                    other => Self::Other(other.into()),
                }
            }
        }
    };
}

resource_types! {
    /// A query that becomes a table or a view, or part of other queries.
    Model = "model",
    /// A query that dbt compiles but does not run.
    Analysis = "analysis",
    /// A data test, generic or singular.
    Test = "test",
    /// A table that keeps the history of a query's result.
    Snapshot = "snapshot",
    /// A project hook (`on-run-start`, `on-run-end`).
    Operation = "operation",
    /// A CSV file that becomes a table.
    Seed = "seed",
    /// A query of the former RPC server.
    Rpc = "rpc",
    /// A query given to `dbt show --inline` or `dbt compile --inline`.
    SqlOperation = "sql_operation",
    /// A block of documentation.
    Doc = "doc",
    /// A table that dbt does not build.
    Source = "source",
    /// A Jinja macro.
    Macro = "macro",
    /// A use of the project's data outside of dbt, such as a dashboard.
    Exposure = "exposure",
    /// A measure of the semantic layer (in this form since dbt 1.6).
    Metric = "metric",
    /// A group of models with one owner (since dbt 1.5).
    Group = "group",
    /// A saved query of the semantic layer (since dbt 1.7).
    SavedQuery = "saved_query",
    /// A semantic model (since dbt 1.6).
    SemanticModel = "semantic_model",
    /// A test of a model's logic with fixed input rows (since dbt 1.8).
    UnitTest = "unit_test",
    /// A file with rows for unit tests (since dbt 1.8).
    Fixture = "fixture",
    /// A function of the database (since dbt 1.11).
    Function = "function",
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The part of the manifest that lists a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Collection {
    /// `nodes`: models, seeds, snapshots, data tests, analyses, operations.
    Nodes,
    /// `sources`.
    Sources,
    /// `exposures`.
    Exposures,
    /// `metrics`.
    Metrics,
    /// `semantic_models`, since manifest v10 (dbt 1.6).
    SemanticModels,
    /// `saved_queries`, since manifest v11 (dbt 1.7).
    SavedQueries,
    /// `unit_tests`, since manifest v12 (dbt 1.8).
    UnitTests,
    /// `functions`, since dbt 1.11.
    Functions,
}

impl Collection {
    /// The part of the manifest that lists nodes of this kind. `kind` is dbt's name.
    pub(crate) fn of(resource_type: &str) -> Self {
        match resource_type {
            "source" => Self::Sources,
            "exposure" => Self::Exposures,
            "metric" => Self::Metrics,
            "semantic_model" => Self::SemanticModels,
            "saved_query" => Self::SavedQueries,
            "unit_test" => Self::UnitTests,
            "function" => Self::Functions,
            _ => Self::Nodes,
        }
    }

    /// The key in manifest.json.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Sources => "sources",
            Self::Exposures => "exposures",
            Self::Metrics => "metrics",
            Self::SemanticModels => "semantic_models",
            Self::SavedQueries => "saved_queries",
            Self::UnitTests => "unit_tests",
            Self::Functions => "functions",
        }
    }
}
