//! Builds the manifest from the shapes of the file.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::shapes::{GroupShape, MacroShape, MetadataShape, NodeShape};
use super::sharing::Sharing;
use crate::ids::{Collection, ResourceType, UniqueId};
use crate::manifest::{Group, Macro, Manifest, Metadata, Owner};
use crate::node::{Node, TestMetadata};

/// The first schema version whose metrics have the current form. dbt drops older ones when it reads a manifest.
const METRICS_SINCE: u32 = 10;

/// The first schema version whose seeds have no parents. dbt drops those of older versions.
const SEEDS_SINCE: u32 = 8;

/// What has been read so far.
pub(super) struct Builder<'a> {
    text: &'a Arc<String>,
    sharing: Sharing<'a>,
    pub(super) metadata: Metadata,
    nodes: Vec<Node>,
    macros: BTreeMap<UniqueId, Macro>,
    groups: BTreeMap<UniqueId, Group>,
    disabled: BTreeMap<UniqueId, Vec<Node>>,
    pub(super) selectors: Map<String, Value>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a Arc<String>) -> Self {
        Self {
            text,
            sharing: Sharing::default(),
            metadata: Metadata::default(),
            nodes: Vec::new(),
            macros: BTreeMap::new(),
            groups: BTreeMap::new(),
            disabled: BTreeMap::new(),
            selectors: Map::new(),
        }
    }

    pub(super) fn metadata(&mut self, shape: MetadataShape<'_>) {
        self.metadata = Metadata {
            dbt_schema_version: shape.dbt_schema_version.into_string(),
            schema_version: 0,
            dbt_version: shape.dbt_version.into_string(),
            generated_at: shape.generated_at.into_string(),
            invocation_id: shape.invocation_id.into_string(),
            project_name: shape.project_name.into_string(),
            project_id: shape.project_id.into_string(),
            adapter_type: shape.adapter_type.into_string(),
        };
    }

    /// Adds a node. `key` is its unique id as it stands in the file.
    pub(super) fn node(
        &mut self,
        collection: Collection,
        unique_id: &str,
        key: &'a str,
        shape: &NodeShape<'a>,
    ) -> Result<(), serde_json::Error> {
        let after_key = self.offset(key) + key.len();
        let value = self.text[after_key..].trim_start_matches([':', ' ', '\n', '\r', '\t']);
        let node = self.convert(collection, unique_id, self.offset(value), shape)?;
        self.nodes.push(node);
        Ok(())
    }

    /// Adds disabled nodes, all with the same unique id.
    pub(super) fn disabled(
        &mut self,
        unique_id: &str,
        nodes: &[&'a RawValue],
    ) -> Result<(), serde_json::Error> {
        let convert = |raw: &&'a RawValue| {
            let shape: NodeShape<'a> = serde_json::from_str(raw.get())?;
            let collection = Collection::of(shape.resource_type.as_deref().unwrap_or_default());
            self.convert(collection, unique_id, self.offset(raw.get()), &shape)
        };
        let nodes = nodes.iter().map(convert).collect::<Result<_, _>>()?;
        self.disabled.insert(self.sharing.id(unique_id), nodes);
        Ok(())
    }

    /// The offset of a part of the manifest's text.
    fn offset(&self, part: &str) -> usize {
        part.as_ptr().addr() - self.text.as_ptr().addr()
    }

    fn convert(
        &mut self,
        collection: Collection,
        unique_id: &str,
        offset: usize,
        shape: &NodeShape<'a>,
    ) -> Result<Node, serde_json::Error> {
        let share = &mut self.sharing;
        let depends_on = shape.depends_on.as_ref();
        Ok(Node {
            unique_id: share.id(unique_id),
            resource_type: ResourceType::from(shape.resource_type.as_deref().unwrap_or_default()),
            collection,
            name: share.required(&shape.name),
            package_name: share.required(&shape.package_name),
            fqn: share.list(&shape.fqn),
            path: share.required(&shape.path),
            original_file_path: share.required(&shape.original_file_path),
            patch_path: share.optional(&shape.patch_path),
            tags: share.list(&shape.tags),
            config: share.config(shape.config)?,
            depends_on: depends_on
                .map(|on| share.ids(&on.nodes))
                .unwrap_or_default(),
            macros: depends_on
                .map(|on| share.ids(&on.macros))
                .unwrap_or_default(),
            alias: share.optional(&shape.alias),
            schema: share.optional(&shape.schema),
            database: share.optional(&shape.database),
            relation_name: shape.relation_name.as_deref().map(Arc::from),
            source_name: share.optional(&shape.source_name),
            identifier: share.optional(&shape.identifier),
            access: share.optional(&shape.access),
            code_size: shape.raw_code.0.max(shape.raw_sql.0),
            has_freshness: shape.freshness.is_some_and(has_freshness),
            version: shape.version.clone(),
            latest_version: shape.latest_version.clone(),
            test_metadata: shape.test_metadata.as_ref().map(|test| TestMetadata {
                name: share.required(&test.name),
                namespace: share.optional(&test.namespace),
            }),
            attached_node: shape.attached_node.as_deref().map(|id| share.id(id)),
            column_name: share.optional(&shape.column_name),
            text: self.text.clone(),
            offset,
        })
    }

    pub(super) fn define_macro(&mut self, unique_id: &str, shape: &MacroShape<'_>) {
        let share = &mut self.sharing;
        let unique_id = share.id(unique_id);
        let definition = Macro {
            unique_id: unique_id.clone(),
            name: share.required(&shape.name),
            package_name: share.required(&shape.package_name),
            macro_sql: shape.macro_sql.as_deref().unwrap_or_default().into(),
            depends_on: shape
                .depends_on
                .as_ref()
                .map(|on| share.ids(&on.macros))
                .unwrap_or_default(),
        };
        self.macros.insert(unique_id, definition);
    }

    pub(super) fn group(&mut self, unique_id: &str, shape: GroupShape<'_>) {
        let share = &mut self.sharing;
        let unique_id = share.id(unique_id);
        let owner = shape.owner.map(|owner| Owner {
            name: owner.name.into_string(),
            email: owner
                .email
                .0
                .into_iter()
                .next()
                .map(std::borrow::Cow::into_owned),
        });
        let group = Group {
            unique_id: unique_id.clone(),
            name: share.required(&shape.name),
            package_name: share.required(&shape.package_name),
            owner: owner.unwrap_or_default(),
        };
        self.groups.insert(unique_id, group);
    }

    pub(super) fn finish(self, schema_version: u32) -> Manifest {
        let Self {
            mut metadata,
            mut nodes,
            macros,
            groups,
            mut disabled,
            selectors,
            ..
        } = self;
        metadata.schema_version = schema_version;
        if schema_version < METRICS_SINCE {
            nodes.retain(|node| node.collection != Collection::Metrics);
            disabled.retain(|_, nodes| {
                nodes
                    .iter()
                    .all(|node| node.resource_type != ResourceType::Metric)
            });
        }
        if schema_version < SEEDS_SINCE {
            let seeds = nodes
                .iter_mut()
                .filter(|node| node.resource_type == ResourceType::Seed);
            seeds.for_each(|seed| seed.depends_on.clear());
        }
        // Of two nodes with the same id the last one counts, as in Python. The sort is stable.
        nodes.sort_by(|a, b| a.unique_id.cmp(&b.unique_id));
        nodes.dedup_by(|later, earlier| {
            let is_same = later.unique_id == earlier.unique_id;
            if is_same {
                std::mem::swap(later, earlier);
            }
            is_same
        });
        nodes.shrink_to_fit();
        let index = (0..)
            .zip(&nodes)
            .map(|(at, node)| (node.unique_id.clone(), at))
            .collect();
        Manifest {
            metadata,
            nodes,
            index,
            macros,
            groups,
            disabled,
            selectors,
        }
    }
}

/// Whether one of the thresholds is set, as in dbt's `FreshnessThreshold`.
fn has_freshness(freshness: &RawValue) -> bool {
    let freshness: Value = serde_json::from_str(freshness.get()).unwrap_or_default();
    ["warn_after", "error_after"].into_iter().any(|threshold| {
        let is_set = |part: &str| !freshness[threshold][part].is_null();
        is_set("count") && is_set("period")
    })
}
