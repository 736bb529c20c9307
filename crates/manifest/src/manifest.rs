//! The manifest: all that dbt found in a project.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::ids::UniqueId;
use crate::node::Node;

/// What dbt found in a project when it parsed it, read from manifest.json.
///
/// The manifest keeps the text of the file: of every node only what is asked for often is taken out of it.
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

/// Who wrote the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// The address of the schema: `https://schemas.getdbt.com/dbt/manifest/v12.json`.
    pub dbt_schema_version: Option<String>,
    /// The version of the schema, from that address: 4 to 12.
    pub schema_version: u32,
    /// The version of dbt.
    pub dbt_version: Option<String>,
    /// When the manifest was written, as dbt wrote it: RFC 3339, UTC.
    pub generated_at: Option<String>,
    /// The run of dbt that wrote the manifest; the same as in the run's log events.
    pub invocation_id: Option<String>,
    /// The name of the project (since dbt 1.6).
    pub project_name: Option<String>,
    /// A hash of that name.
    pub project_id: Option<String>,
    /// The kind of database: `duckdb`, `postgres`, `snowflake`, ...
    pub adapter_type: Option<String>,
}

/// A Jinja macro. Not selectable, but a change of one modifies the nodes that call it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Macro {
    /// The name that is unique in the manifest: `macro.dbt.test_not_null`.
    pub unique_id: UniqueId,
    /// The name.
    pub name: Arc<str>,
    /// The package that defines it.
    pub package_name: Arc<str>,
    /// Its code.
    pub macro_sql: Box<str>,
    /// The macros that it calls.
    pub depends_on: Vec<UniqueId>,
}

/// A group of models under one owner (since dbt 1.5).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group {
    /// The name that is unique in the manifest: `group.shop.finance`.
    pub unique_id: UniqueId,
    /// The name.
    pub name: Arc<str>,
    /// The package that defines it.
    pub package_name: Arc<str>,
    /// Who answers for the models.
    pub owner: Owner,
}

/// Who answers for something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Owner {
    /// The name.
    pub name: Option<String>,
    /// The address; of several the first.
    pub email: Option<String>,
}

impl Manifest {
    /// Who wrote the manifest.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The node of that id, whatever its kind. Disabled ones are not among them.
    pub fn get(&self, unique_id: &str) -> Option<&Node> {
        self.nodes.get(*self.index.get(unique_id)? as usize)
    }

    /// All nodes, of all kinds, in the order of their unique ids.
    pub fn iter(&self) -> std::slice::Iter<'_, Node> {
        self.nodes.iter()
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no nodes at all.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The macros, dbt's own included.
    pub fn macros(&self) -> &BTreeMap<UniqueId, Macro> {
        &self.macros
    }

    /// The groups. There are none before manifest v9 (dbt 1.5).
    pub fn groups(&self) -> &BTreeMap<UniqueId, Group> {
        &self.groups
    }

    /// What the project defines but disables: several nodes of one id may be.
    pub fn disabled(&self) -> &BTreeMap<UniqueId, Vec<Node>> {
        &self.disabled
    }

    /// The selectors of selectors.yml in dbt's normal form. With partial parsing dbt may leave an older state of them here.
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

/// Tells what it is; the whole would be pages.
impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest")
            .field("metadata", &self.metadata)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
