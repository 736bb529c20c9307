//! The names of the selection methods.

use crate::dialect::Dialect;

/// A method and its arguments: `config.meta.owner` is the method `config` with the arguments `meta` and `owner`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Method {
    /// The method.
    pub name: MethodName,
    /// The parts after the name, split at dots. Only `config` uses them.
    pub arguments: Vec<String>,
}

impl Method {
    /// Splits `text` at dots into a method and its arguments; `None` if there is no such method.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let name = MethodName::from_name(parts.next()?)?;
        Some(Self {
            name,
            arguments: parts.map(str::to_owned).collect(),
        })
    }
}

impl From<MethodName> for Method {
    fn from(name: MethodName) -> Self {
        Self {
            name,
            arguments: Vec::new(),
        }
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name.as_str())?;
        self.arguments
            .iter()
            .try_for_each(|argument| write!(f, ".{argument}"))
    }
}

/// The values that `resource_type:` accepts: all of dbt's kinds, also those that no selectable node has.
pub(crate) const RESOURCE_TYPES: &[&str] = &[
    "model",
    "analysis",
    "test",
    "snapshot",
    "operation",
    "seed",
    "rpc",
    "sql_operation",
    "doc",
    "source",
    "macro",
    "exposure",
    "metric",
    "group",
    "saved_query",
    "semantic_model",
    "unit_test",
    "fixture",
    "function",
];

/// The first version of dbt that has this kind of node.
pub(crate) fn kind_since(kind: &str) -> Dialect {
    match kind {
        "semantic_model" => Dialect::V1_6,
        "saved_query" => Dialect::V1_7,
        "unit_test" | "fixture" => Dialect::V1_8,
        "function" => Dialect::V1_11,
        _ => Dialect::V1_5,
    }
}

macro_rules! method_names {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// A selection method. `reference.md` (see [`REFERENCE`](crate::REFERENCE)) describes each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum MethodName {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl MethodName {
            /// All methods, in the order of the reference.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name as written before the colon.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

method_names! {
    /// The package, directories and name of a node, joined with dots. The default method.
    Fqn = "fqn",
    /// A tag.
    Tag = "tag",
    /// The group of a model.
    Group = "group",
    /// The access level of a model: private, protected or public.
    Access = "access",
    /// The tables of a source.
    Source = "source",
    /// A file or directory in the project.
    Path = "path",
    /// The name of a file, without its directory.
    File = "file",
    /// The package of a node.
    Package = "package",
    /// A key of the configuration.
    Config = "config",
    /// The name of a generic test's macro, or the name of a unit test.
    TestName = "test_name",
    /// The type of a test: generic, singular, data or unit.
    TestType = "test_type",
    /// The kind of a node.
    ResourceType = "resource_type",
    /// The difference to an earlier manifest.
    State = "state",
    /// The name of an exposure.
    Exposure = "exposure",
    /// The name of a metric.
    Metric = "metric",
    /// The status in an earlier run_results.json.
    Result = "result",
    /// Whether a source has newer data than in an earlier run.
    SourceStatus = "source_status",
    /// Whether a version of a model is the latest, an older or a newer one.
    Version = "version",
    /// The name of a semantic model.
    SemanticModel = "semantic_model",
    /// The name of a saved query.
    SavedQuery = "saved_query",
    /// The name of a unit test.
    UnitTest = "unit_test",
    /// The name of a function (dbt 2).
    Function = "function",
    /// The name of a selector in `selectors.yml` (dbt 1.12).
    Selector = "selector",
}

impl MethodName {
    /// The method with exactly this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|method| method.as_str() == name)
    }
}

impl std::fmt::Display for MethodName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
