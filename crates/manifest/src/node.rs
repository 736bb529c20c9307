//! A node of the manifest, with the fields that all kinds share.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::config::Config;
use crate::fields::Fields;
use crate::ids::{Collection, ResourceType, UniqueId};

/// Anything that can be selected: a model, a test, a source, an exposure, a metric, ...
///
/// One type for all kinds of nodes; a field that a kind does not have is `None` or empty. The fields are those that selecting
/// and running nodes needs. The others are parsed from the text of the node when they are read, by a method here or by
/// [`fields`](Self::fields), which takes one pass over that text.
#[derive(Clone)]
pub struct Node {
    /// The unique id.
    pub unique_id: UniqueId,
    /// The kind of the node.
    pub resource_type: ResourceType,
    /// The part of the manifest that lists the node.
    pub collection: Collection,
    /// The name of the node, without version. For a source: the name of the table in the project.
    pub name: Arc<str>,
    /// The project or package that defines the node.
    pub package_name: Arc<str>,
    /// Package, directories and name, which the method `fqn:` matches. For a versioned model, the last is `v` with the version.
    pub fqn: Vec<Arc<str>>,
    /// The file that defines the node, relative to the folder of its kind.
    pub path: Arc<str>,
    /// The file that defines the node, relative to its package.
    pub original_file_path: Arc<str>,
    /// The YAML file that describes the node, as `package://path`.
    pub patch_path: Option<Arc<str>>,
    /// The tags that the method `tag:` matches. Unit tests and semantic models have none: see [`Config::tags`].
    pub tags: Vec<Arc<str>>,
    /// The configuration.
    pub config: Arc<Config>,
    /// The nodes that this one depends on directly, in the order and with the repetitions of the file.
    pub depends_on: Vec<UniqueId>,
    /// The macros that the node's code calls.
    pub macros: Vec<UniqueId>,
    /// The name of the relation, without database and schema.
    pub alias: Option<Arc<str>>,
    /// The schema of the relation. Unit tests have one as well.
    pub schema: Option<Arc<str>>,
    /// The database of the relation.
    pub database: Option<Arc<str>>,
    /// The full name of the relation, quoted for the database; `None` if the node builds none.
    pub relation_name: Option<Arc<str>>,
    /// For sources: the name of the source that the table belongs to.
    pub source_name: Option<Arc<str>>,
    /// For sources: the name of the table in the database.
    pub identifier: Option<Arc<str>>,
    /// For models: `private`, `protected` or `public` (since dbt 1.5).
    pub access: Option<Arc<str>>,
    /// The length of the code with its Jinja, without white space around it, in bytes; 0 without code.
    pub code_size: usize,
    /// For sources: whether there are freshness thresholds, at least one with both a count and a period.
    pub has_freshness: bool,
    /// For versioned models: an integer, a float or a text (since dbt 1.5). For unit tests: the version of the tested model.
    pub version: Option<Value>,
    /// For versioned models: the version that a reference without version means.
    pub latest_version: Option<Value>,
    /// For generic tests: which test it is. `None` for singular tests.
    pub test_metadata: Option<TestMetadata>,
    /// For generic tests: the node that the test is defined on (since dbt 1.6).
    pub attached_node: Option<UniqueId>,
    /// For generic tests: the column that the test is defined on.
    pub column_name: Option<Arc<str>>,
    /// The text of the manifest, and the offset at which the object of this node begins.
    pub(crate) text: Arc<String>,
    pub(crate) offset: usize,
}

/// The generic test that a test applies. Its arguments are in [`Node::fields`], under `test_metadata.kwargs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TestMetadata {
    /// The name of the test, without its package: `not_null`.
    pub name: Arc<str>,
    /// The package in the test's name; `None` for the tests of the project and of dbt.
    pub namespace: Option<Arc<str>>,
}

impl Node {
    /// The unique ids of the direct parents.
    pub fn depends_on_nodes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.depends_on.iter().map(UniqueId::as_str)
    }

    /// Whether this is a generic test: one that is defined in YAML.
    #[must_use]
    pub fn is_generic_test(&self) -> bool {
        self.resource_type == ResourceType::Test && self.test_metadata.is_some()
    }

    /// All fields of the node, as they are in the file. Takes one pass over the text of the node.
    #[must_use]
    pub fn fields(&self) -> Fields<'_> {
        Fields::read(&self.text[self.offset..])
    }

    /// The object of the node in the file, as JSON text. [`Serialize`] gives the same to any other format.
    pub fn as_json(&self) -> &str {
        let text = &self.text[self.offset..];
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        let object = values.next().and_then(Result::ok);
        object.map_or("{}", RawValue::get)
    }

    /// The code with its Jinja: `raw_code`, or `raw_sql` before dbt 1.3 (manifest v7).
    #[must_use]
    pub fn raw_code(&self) -> Option<Cow<'_, str>> {
        self.fields().text("raw_code")
    }

    /// The compiled code; `None` if dbt did not compile the node before it wrote the manifest.
    #[must_use]
    pub fn compiled_code(&self) -> Option<Cow<'_, str>> {
        self.fields().text("compiled_code")
    }

    /// The description; empty if there is none.
    #[must_use]
    pub fn description(&self) -> Cow<'_, str> {
        self.fields().text("description").unwrap_or_default()
    }
}

/// Shows the unique id only, because the text can be long.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("unique_id", &self.unique_id)
            .finish_non_exhaustive()
    }
}
