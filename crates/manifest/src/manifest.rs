//! The manifest: everything that dbt found in a project.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use foldhash::HashMap;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::artifact::{Artifact, NewerVersion};
use crate::ids::UniqueId;
use crate::node::Node;

/// Everything that dbt found in a project, read from manifest.json.
///
/// The manifest keeps the text of the file. Of each node, only the fields that are read often are parsed up front.
pub struct Manifest {
    pub(crate) metadata: Metadata,
    /// Sorted by unique id.
    pub(crate) nodes: Vec<Node>,
    pub(crate) index: HashMap<UniqueId, u32>,
    pub(crate) macros: BTreeMap<UniqueId, Macro>,
    pub(crate) groups: BTreeMap<UniqueId, Group>,
    pub(crate) disabled: BTreeMap<UniqueId, Vec<Node>>,
    pub(crate) selectors: Map<String, Value>,
}

/// The metadata of a manifest: its version, and the dbt invocation that wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Metadata {
    /// The address of the schema, such as `https://schemas.getdbt.com/dbt/manifest/v12.json`.
    pub dbt_schema_version: Option<String>,
    /// The version of the schema: 4 to 12.
    pub schema_version: u32,
    /// The version of dbt that wrote the manifest.
    pub dbt_version: Option<String>,
    /// When the manifest was written, as dbt wrote it: RFC 3339, UTC.
    pub generated_at: Option<String>,
    /// The id of the dbt invocation that wrote the manifest, as in its log events.
    pub invocation_id: Option<String>,
    /// The name of the project (since dbt 1.6).
    pub project_name: Option<String>,
    /// A hash of the project's name.
    pub project_id: Option<String>,
    /// The type of the adapter: `duckdb`, `postgres`, `snowflake`, ...
    pub adapter_type: Option<String>,
}

/// A Jinja macro. It cannot be selected, but a change to it modifies the nodes that call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Macro {
    /// The unique id, such as `macro.dbt.test_not_null`.
    pub unique_id: UniqueId,
    /// The name of the macro.
    pub name: Arc<str>,
    /// The project or package that defines the macro.
    pub package_name: Arc<str>,
    /// The code of the macro.
    pub macro_sql: Box<str>,
    /// The macros that this macro calls.
    pub depends_on: Vec<UniqueId>,
}

/// A group of models with one owner (since dbt 1.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Group {
    /// The unique id, such as `group.shop.finance`.
    pub unique_id: UniqueId,
    /// The name of the group.
    pub name: Arc<str>,
    /// The project or package that defines the group.
    pub package_name: Arc<str>,
    /// The owner of the models.
    pub owner: Owner,
}

/// The owner of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Owner {
    /// The name of the owner.
    pub name: Option<String>,
    /// The e-mail address of the owner; the first one if there are several.
    pub email: Option<String>,
}

impl Manifest {
    /// What to warn of if the schema of the file is newer than this crate knows.
    #[must_use]
    pub fn newer_version(&self) -> Option<NewerVersion> {
        Artifact::Manifest.newer_version(self.metadata.schema_version)
    }

    /// The metadata: version and dbt invocation.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The node with this unique id, of any kind. Disabled nodes are not included.
    #[must_use]
    pub fn get(&self, unique_id: &str) -> Option<&Node> {
        self.nodes.get(*self.index.get(unique_id)? as usize)
    }

    /// All nodes of all kinds, ordered by unique id. Disabled nodes are not included.
    pub fn iter(&self) -> std::slice::Iter<'_, Node> {
        self.nodes.iter()
    }

    /// The number of nodes, without disabled ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The macros, those of dbt included.
    #[must_use]
    pub fn macros(&self) -> &BTreeMap<UniqueId, Macro> {
        &self.macros
    }

    /// The groups. Manifests before v9 (dbt 1.5) have none.
    #[must_use]
    pub fn groups(&self) -> &BTreeMap<UniqueId, Group> {
        &self.groups
    }

    /// The disabled nodes. Several of them may have the same unique id.
    #[must_use]
    pub fn disabled(&self) -> &BTreeMap<UniqueId, Vec<Node>> {
        &self.disabled
    }

    /// The selectors of selectors.yml in dbt's normal form. With partial parsing, dbt may leave outdated ones here.
    #[must_use]
    pub fn selectors(&self) -> &Map<String, Value> {
        &self.selectors
    }
}

impl<'m> IntoIterator for &'m Manifest {
    type Item = &'m Node;
    type IntoIter = std::slice::Iter<'m, Node>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Shows the metadata and the number of nodes.
impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest")
            .field("metadata", &self.metadata)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
