//! The assets of a project: what their events need of the manifest.

use std::collections::{HashMap, HashSet};

use dbt_manifest::{Manifest, Node, ResourceType, UniqueId};

use super::asset_meta::AssetMeta;
use super::hook::AssetKeyHook;
use super::key::asset_key;
use super::relation;

/// Index of an asset in the catalog.
pub(super) type AssetIndex = usize;

/// The assets of a project.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    assets: Vec<Asset>,
    index: HashMap<UniqueId, AssetIndex>,
    /// For each unit test, the assets of what it tests.
    tested: HashMap<UniqueId, Vec<AssetIndex>>,
}

/// A relation that dbt builds or reads.
#[derive(Debug)]
pub(super) struct Asset {
    pub(super) key: Box<str>,
    /// The name of the relation, without quotes.
    pub(super) name: Box<str>,
    pub(super) description: Box<str>,
    pub(super) owners: Box<[String]>,
    pub(super) url: Option<Box<str>>,
    /// Path of the node's compiled code, below `<target>/compiled`; `None` for sources and seeds.
    pub(super) compiled: Option<Box<str>>,
    /// The assets that it is built from, also through ephemeral models.
    pub(super) upstream: Box<[AssetIndex]>,
    /// Whether running the node builds the asset: sources are only read.
    pub(super) is_built: bool,
}

impl Catalog {
    /// Reads the assets from the manifest. Returns warnings about the keys of the user's hook.
    pub(super) fn new(manifest: &Manifest, hook: Option<&AssetKeyHook>) -> (Self, Vec<String>) {
        let (mut catalog, mut warnings) = (Self::default(), Vec::new());
        let adapter = manifest
            .metadata()
            .adapter_type
            .as_deref()
            .unwrap_or_default();
        for node in manifest.iter() {
            let Some(asset) = Asset::of(node, adapter, hook, &mut warnings) else {
                continue;
            };
            catalog
                .index
                .insert(node.unique_id.clone(), catalog.assets.len());
            catalog.assets.push(asset);
        }
        for node in manifest.iter() {
            match (catalog.find(&node.unique_id), &node.resource_type) {
                (_, ResourceType::UnitTest) => {
                    let tested = catalog.upstream(manifest, node);
                    catalog.tested.insert(node.unique_id.clone(), tested);
                }
                (Some(ix), _) if catalog.assets[ix].is_built => {
                    catalog.assets[ix].upstream = catalog.upstream(manifest, node).into();
                }
                _ => {}
            }
        }
        (catalog, warnings)
    }

    pub(super) fn find(&self, unique_id: &str) -> Option<AssetIndex> {
        self.index.get(unique_id).copied()
    }

    pub(super) fn get(&self, ix: AssetIndex) -> &Asset {
        &self.assets[ix]
    }

    /// The assets that a unit test tests.
    pub(super) fn tested_by(&self, unique_id: &str) -> &[AssetIndex] {
        self.tested.get(unique_id).map_or(&[], Vec::as_slice)
    }

    /// The assets that a node is built from. An ephemeral model has no asset: what it reads counts.
    fn upstream(&self, manifest: &Manifest, node: &Node) -> Vec<AssetIndex> {
        let (mut found, mut met) = (Vec::new(), HashSet::new());
        let mut todo: Vec<&UniqueId> = node.depends_on.iter().rev().collect();
        while let Some(id) = todo.pop() {
            if !met.insert(id) {
                continue;
            }
            match (self.find(id), manifest.get(id)) {
                (Some(ix), _) => found.push(ix),
                (None, Some(above))
                    if above.config.materialized.as_deref() == Some("ephemeral") =>
                {
                    todo.extend(above.depends_on.iter().rev());
                }
                _ => {}
            }
        }
        found
    }
}

impl Asset {
    /// The asset of a node, if it has one and the project does not disable it.
    fn of(
        node: &Node,
        adapter: &str,
        hook: Option<&AssetKeyHook>,
        warnings: &mut Vec<String>,
    ) -> Option<Self> {
        use ResourceType::{Model, Seed, Snapshot, Source};
        if !matches!(node.resource_type, Model | Seed | Snapshot | Source) {
            return None;
        }
        let components = relation::of_node(node)?;
        let meta = AssetMeta::of(node);
        if !meta.is_enabled {
            return None;
        }
        let mut key = asset_key(adapter, &components);
        if let Some(hook) = hook {
            let (made, warning) = hook.key(node, key);
            key = made;
            warnings.extend(warning);
        }
        let has_code = matches!(node.resource_type, Model | Snapshot);
        Some(Self {
            key: key.into(),
            name: components.join(".").into(),
            description: meta.description.into(),
            owners: meta.owners.into(),
            url: meta.url.map(Into::into),
            compiled: has_code
                .then(|| format!("{}/{}", node.package_name, node.original_file_path).into()),
            upstream: Box::default(),
            is_built: node.resource_type != Source,
        })
    }
}
