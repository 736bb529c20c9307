//! The names of the selection methods.

/// A method and its arguments: `config.meta.owner` is the method `config` with the arguments `meta` and `owner`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// The method.
    pub name: MethodName,
    /// What follows the name, split on dots. Only `config` looks at it.
    pub arguments: Vec<String>,
}

impl Method {
    /// Splits `text` on dots into a name and its arguments; `None` if there is no method of that name.
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

macro_rules! method_names {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// What a criterion's value is compared with. `reference.md` (see [`REFERENCE`](crate::REFERENCE)) describes each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum MethodName {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl MethodName {
            /// Every method, in the order of the reference.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name as it is written before the colon.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

method_names! {
    /// The dotted path of directories and name below the project; the default.
    Fqn = "fqn",
    /// A tag.
    Tag = "tag",
    /// The group a model belongs to.
    Group = "group",
    /// Who may refer to a model.
    Access = "access",
    /// Tables of a source.
    Source = "source",
    /// A file or directory of the project.
    Path = "path",
    /// The name of a file, without its directory.
    File = "file",
    /// The package that a node comes from.
    Package = "package",
    /// A key of the configuration.
    Config = "config",
    /// The name of a generic test's macro, or of a unit test.
    TestName = "test_name",
    /// Generic, singular, data or unit tests.
    TestType = "test_type",
    /// A kind of node.
    ResourceType = "resource_type",
    /// The difference from an earlier manifest.
    State = "state",
    /// An exposure's name.
    Exposure = "exposure",
    /// A metric's name.
    Metric = "metric",
    /// The status in earlier run results.
    Result = "result",
    /// Whether a source has newer data than before.
    SourceStatus = "source_status",
    /// Latest, old and prerelease versions of models.
    Version = "version",
    /// A semantic model's name.
    SemanticModel = "semantic_model",
    /// A saved query's name.
    SavedQuery = "saved_query",
    /// A unit test's name.
    UnitTest = "unit_test",
    /// Named selectors of `selectors.yml` (dbt 1.12).
    Selector = "selector",
}

impl MethodName {
    /// The method of that exact name.
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
