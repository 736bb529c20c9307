//! What a project configures for a node's asset.

use dbt_manifest::Node;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The fields of a node that are read from its text.
pub(crate) const ASSET_FIELDS: [&str; 2] = ["description", "meta"];

/// What a project configures for a node's asset: `config.meta.prefect`, the owner, the URL and the description.
#[derive(Debug, Default)]
pub(super) struct AssetMeta {
    /// Whether the node has an asset (`enable_assets`). dbt has already merged the settings of project, folders and node.
    pub(super) is_enabled: bool,
    pub(super) description: String,
    pub(super) owners: Vec<String>,
    pub(super) url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Configured {
    prefect: Value,
    meta: Value,
}

impl AssetMeta {
    /// Reads the configuration of a node. Parses the node's JSON once.
    pub(super) fn of(node: &Node) -> Self {
        // Not by `Config::get`, which would keep the configuration of every node in memory.
        let config: Configured = serde_json::from_str(node.config.as_json()).unwrap_or_default();
        let fields = node.fields();
        let own_meta = fields.value("meta");
        let metas = [&config.meta, &own_meta];
        let settings = [
            &config.prefect,
            &config.meta["prefect"],
            &own_meta["prefect"],
        ];
        Self {
            is_enabled: settings
                .iter()
                .find_map(|settings| flag(&settings["enable_assets"]))
                .unwrap_or(true),
            description: fields
                .text("description")
                .map(|text| text.into_owned())
                .unwrap_or_default(),
            owners: metas
                .iter()
                .map(|meta| owners(&meta["owner"]))
                .find(|owners| !owners.is_empty())
                .unwrap_or_default(),
            url: metas.iter().find_map(|meta| text(&meta["url"])),
        }
    }
}

/// A boolean, which YAML may hold as a string.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// A string or a list of strings. Other programs keep objects under this key.
fn owners(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        value => text(value).into_iter().collect(),
    }
}

fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// The fields of an event's payload.
pub(super) type Fields = Map<String, Value>;
