//! What a project tells of a node's asset.

use dbt_manifest::Node;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a project tells of a node's asset, in its configuration and its meta.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Whether the node has an asset at all. dbt has merged project, folders and node by now: the nearest won.
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

impl Told {
    /// Reads it. Costs a pass over the node's text.
    pub(super) fn of(node: &Node) -> Self {
        // Read past `Config::get`, which would keep every node's configuration in memory for good.
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

/// A switch; YAML may hold it as a text.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// A text or a list of texts. Other programs keep objects under this name.
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

/// Fields of an object, for the payload.
pub(super) type Fields = Map<String, Value>;
