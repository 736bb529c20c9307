//! The configuration of a node.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::lenient::{Flag, List, Text};

/// The configuration of a node, resolved by dbt from those of the project, of the folder and of the node itself.
///
/// Nodes with the same configuration share one value. The keys that selection and runners read for each node are fields; the
/// other keys are parsed on first use.
pub struct Config {
    /// Whether the node is enabled. True if the key is missing.
    pub enabled: bool,
    /// `table`, `view`, `incremental`, `ephemeral`, `test`, ..., or the name of a custom materialization.
    pub materialized: Option<Arc<str>>,
    /// The group that the node belongs to (since dbt 1.5).
    pub group: Option<Arc<str>>,
    /// For tests: `ERROR` or `WARN`, in the letter case of the project.
    pub severity: Option<Arc<str>>,
    /// The tags under `config`. For most kinds of nodes dbt copies them to [`Node::tags`](crate::Node::tags), which selection
    /// reads; unit tests have tags only here.
    pub tags: Vec<Arc<str>>,
    text: Box<str>,
    values: OnceLock<Map<String, Value>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Read<'a> {
    #[serde(borrow)]
    materialized: Text<'a>,
    #[serde(borrow)]
    group: Text<'a>,
    #[serde(borrow)]
    severity: Text<'a>,
    #[serde(borrow)]
    tags: List<'a>,
    enabled: Flag,
}

impl Config {
    pub(crate) fn new(raw: &RawValue) -> Result<Self, serde_json::Error> {
        // dbt writes an object. Null and any other value count as an empty one.
        let text = if raw.get().starts_with('{') {
            raw.get()
        } else {
            "{}"
        };
        let read: Read<'_> = serde_json::from_str(text)?;
        let shared = |text: Text<'_>| text.as_deref().map(Arc::from);
        Ok(Self {
            enabled: read.enabled.0.unwrap_or(true),
            materialized: shared(read.materialized),
            group: shared(read.group),
            severity: shared(read.severity),
            tags: read.tags.0.iter().map(|tag| Arc::from(&**tag)).collect(),
            text: text.into(),
            values: OnceLock::new(),
        })
    }

    /// The value of a key; `None` if it is missing. Keys are spelled as in the manifest: `pre-hook`, with a hyphen.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values().get(key)
    }

    /// All keys and values of the configuration.
    pub fn values(&self) -> &Map<String, Value> {
        // Only values that are nested too deep for serde_json cannot be parsed.
        self.values
            .get_or_init(|| serde_json::from_str(&self.text).unwrap_or_default())
    }

    /// The text of the configuration in the manifest: a JSON object.
    pub fn as_json(&self) -> &str {
        &self.text
    }

    /// The value of `meta`, which holds data for other programs; `None` if it is not an object.
    pub fn meta(&self) -> Option<&Map<String, Value>> {
        self.get("meta").and_then(Value::as_object)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            materialized: None,
            group: None,
            severity: None,
            tags: Vec::new(),
            text: "{}".into(),
            values: OnceLock::new(),
        }
    }
}

/// Configurations are equal if all keys are, in any order. A key that is null differs from one that is missing.
impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text || self.values() == other.values()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
