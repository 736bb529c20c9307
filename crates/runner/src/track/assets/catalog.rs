//! The assets that a project can have: of the manifest only what their events need.

use std::collections::{HashMap, HashSet};

use dbt_manifest::{Manifest, Node, ResourceType, UniqueId};

use super::asset_meta::Told;
use super::hook::AssetKeyHook;
use super::key::asset_key;
use super::relation;

/// Number of an asset in the catalog.
pub(super) type Ix = usize;

/// The assets of a project.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    assets: Vec<Asset>,
    index: HashMap<UniqueId, Ix>,
    /// By unit test: the assets of what it tests.
    tested: HashMap<UniqueId, Vec<Ix>>,
}

/// A relation that dbt builds or reads.
#[derive(Debug)]
pub(super) struct Asset {
    pub(super) key: Box<str>,
    /// The relation's name without quotes.
    pub(super) name: Box<str>,
    pub(super) description: Box<str>,
    pub(super) owners: Box<[String]>,
    pub(super) url: Option<Box<str>>,
    /// Where dbt writes the node's code, below `<target>/compiled`; sources and seeds have none.
    pub(super) compiled: Option<Box<str>>,
    /// What it is built from, through ephemeral models.
    pub(super) upstream: Box<[Ix]>,
    /// Whether running the node builds it: sources are only read.
    pub(super) is_built: bool,
}

impl Catalog {
    /// Takes the assets out of the manifest. Trouble with the user's keys comes with it.
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

    pub(super) fn find(&self, unique_id: &str) -> Option<Ix> {
        self.index.get(unique_id).copied()
    }

    pub(super) fn get(&self, ix: Ix) -> &Asset {
        &self.assets[ix]
    }

    /// The assets that a unit test is about.
    pub(super) fn tested_by(&self, unique_id: &str) -> &[Ix] {
        self.tested.get(unique_id).map_or(&[], Vec::as_slice)
    }

    /// The assets that a node is built from. An ephemeral model has none itself: what it reads counts.
    fn upstream(&self, manifest: &Manifest, node: &Node) -> Vec<Ix> {
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
    /// The asset of a node, if it has one and the project does not decline it.
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
        let told = Told::of(node);
        if !told.is_enabled {
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
            description: told.description.into(),
            owners: told.owners.into(),
            url: told.url.map(Into::into),
            compiled: has_code
                .then(|| format!("{}/{}", node.package_name, node.original_file_path).into()),
            upstream: Box::default(),
            is_built: node.resource_type != Source,
        })
    }
}
