//! A node of the manifest.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::config::Config;
use crate::fields::Fields;
use crate::ids::{Collection, ResourceType, UniqueId};

/// Anything that can be selected: a model, a test, a source, an exposure, a metric...
///
/// One type serves all kinds; what a kind does not have is none or empty. The fields are what selecting and running nodes takes.
/// The rest is read from the node's text when asked for: by a method here, or with [`fields`](Self::fields), which costs one
/// pass over that text.
#[derive(Clone)]
pub struct Node {
    /// The name that is unique in the manifest.
    pub unique_id: UniqueId,
    /// The kind.
    pub resource_type: ResourceType,
    /// The part of the manifest that lists the node.
    pub collection: Collection,
    /// The name in the project, without version. Of a source: the table's name in the project.
    pub name: Arc<str>,
    /// The project or package that defines the node.
    pub package_name: Arc<str>,
    /// Package, directories and name, as the method `fqn:` sees them; of a versioned model the last is `v` with the version.
    pub fqn: Vec<Arc<str>>,
    /// The file that defines the node, relative to the folder of its kind.
    pub path: Arc<str>,
    /// The file that defines the node, relative to its package.
    pub original_file_path: Arc<str>,
    /// The YAML file that describes the node, as `package://path`.
    pub patch_path: Option<Arc<str>>,
    /// The tags that selection looks at. Unit tests and semantic models have none: see [`Config::tags`].
    pub tags: Vec<Arc<str>>,
    /// The configuration.
    pub config: Arc<Config>,
    /// What the node depends on directly, in the order and with the repetitions of the file.
    pub depends_on: Vec<UniqueId>,
    /// The macros that the node's code calls.
    pub macros: Vec<UniqueId>,
    /// The name of the table or view, without database and schema.
    pub alias: Option<Arc<str>>,
    /// The schema it is in. Unit tests have one as well.
    pub schema: Option<Arc<str>>,
    /// The database that is in.
    pub database: Option<Arc<str>>,
    /// The table's full name, quoted for the database; none for what makes no table.
    pub relation_name: Option<Arc<str>>,
    /// Of a source: the group of tables that it belongs to.
    pub source_name: Option<Arc<str>>,
    /// Of a source: the table's name in the database.
    pub identifier: Option<Arc<str>>,
    /// Of a model: `private`, `protected` or `public` (since dbt 1.5).
    pub access: Option<Arc<str>>,
    /// Of a versioned model: an integer, a float or a text (since dbt 1.5). Of a unit test: the version of its model.
    pub version: Option<Value>,
    /// Of a versioned model: the version that is meant where none is named.
    pub latest_version: Option<Value>,
    /// Of a generic test: which one. None for singular tests.
    pub test_metadata: Option<TestMetadata>,
    /// Of a generic test: the node that it is defined on (since dbt 1.6).
    pub attached_node: Option<UniqueId>,
    /// Of a generic test: the column that it is defined on.
    pub column_name: Option<Arc<str>>,
    /// The manifest's text and the place in it where this node's begins.
    pub(crate) text: Arc<String>,
    pub(crate) offset: usize,
}

/// What a generic test applies. Its arguments are in the field `test_metadata` of the node's text, under `kwargs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestMetadata {
    /// The test's name, without its package: `not_null`.
    pub name: Arc<str>,
    /// The package that the test's name was given with; none for the project's own tests and for dbt's.
    pub namespace: Option<Arc<str>>,
}

impl Node {
    /// The direct parents by their ids.
    pub fn depends_on_nodes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.depends_on.iter().map(UniqueId::as_str)
    }

    /// Whether this is a generic test: one that is defined in YAML.
    pub fn is_generic_test(&self) -> bool {
        self.resource_type == ResourceType::Test && self.test_metadata.is_some()
    }

    /// All fields of the node as they stand in the file. Takes one pass over the node's text.
    pub fn fields(&self) -> Fields<'_> {
        Fields::read(&self.text[self.offset..])
    }

    /// The code with its Jinja. Since dbt 1.3 (manifest v7); `raw_sql` of older manifests counts as this.
    pub fn raw_code(&self) -> Option<Cow<'_, str>> {
        self.fields().text("raw_code")
    }

    /// The code that was sent to the database, where dbt compiled the node before it wrote the manifest.
    pub fn compiled_code(&self) -> Option<Cow<'_, str>> {
        self.fields().text("compiled_code")
    }

    /// The description; empty where there is none.
    pub fn description(&self) -> Cow<'_, str> {
        self.fields().text("description").unwrap_or_default()
    }
}

/// Tells which node it is; its text can be long.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("unique_id", &self.unique_id)
            .finish_non_exhaustive()
    }
}
