//! `--output json`: the fields of a node as they are in the manifest, reduced to some keys.

use std::fmt::Write;

use dbt_manifest::{Fields, Node, ResourceType};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::dialect::Dialect;

/// The default keys of dbt.
const DEFAULT_KEYS: [&str; 10] = [
    "alias",
    "name",
    "package_name",
    "depends_on",
    "tags",
    "config",
    "resource_type",
    "source_name",
    "original_file_path",
    "unique_id",
];

/// A model's dependencies once more, which dbt 1.12 adds behind the fields of the manifest.
const DIRECT_PARENTS: &str = "direct_parents";

/// The fields of a node with these `keys` as one JSON object; with dbt's default keys if there are none
/// (`--output json`, `--output-keys`).
///
/// A key with dots is a path into mappings. It is left out if its value is null or missing. Before dbt 1.11, such a key
/// names nothing, and the fields have the order of the manifest.
pub fn json_line(node: &Node, keys: &[impl AsRef<str>], dialect: Dialect) -> String {
    let fields = node.fields();
    let parents = direct_parents(node, dialect);
    let mut pairs: Vec<(String, String)> = Vec::new();
    if keys.is_empty() || dialect < Dialect::V1_11 {
        let is_printed = |key: &str| match keys {
            [] => DEFAULT_KEYS.contains(&key),
            keys => keys.iter().any(|wanted| wanted.as_ref() == key),
        };
        let printed = fields.iter().filter(|(key, _)| is_printed(key));
        pairs.extend(printed.map(|(key, value)| (key.to_owned(), value.get().to_owned())));
        pairs.extend(parents.map(|parents| (DIRECT_PARENTS.to_owned(), parents)));
        return object(pairs);
    }
    for key in keys.iter().map(AsRef::as_ref) {
        let value = match key.split_once('.') {
            Some((first, deeper)) => descend(&fields, first, deeper),
            None if key == DIRECT_PARENTS => parents.clone(),
            None => fields.get(key).map(|value| value.get().to_owned()),
        };
        if pairs.iter().all(|(earlier, _)| earlier != key) {
            pairs.extend(value.map(|value| (key.to_owned(), value)));
        }
    }
    object(pairs)
}

/// The ids of the nodes that a model depends on, as a JSON list; `None` for other nodes and for other versions.
fn direct_parents(node: &Node, dialect: Dialect) -> Option<String> {
    if dialect < Dialect::V1_12 || node.resource_type != ResourceType::Model {
        return None;
    }
    Some(
        node.depends_on_nodes()
            .map(Value::from)
            .collect::<Value>()
            .to_string(),
    )
}

fn object(pairs: Vec<(String, String)>) -> String {
    let pair = |(key, value): (String, String)| {
        let key = Value::from(key).to_string();
        format!("{}: {}", python_json(&key), python_json(&value))
    };
    let pairs: Vec<String> = pairs.into_iter().map(pair).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// The JSON text at a path of keys; `None` if it is null or missing.
fn descend(fields: &Fields<'_>, first: &str, deeper: &str) -> Option<String> {
    let mut found: &RawValue = fields.get(first)?;
    for key in deeper.split('.') {
        let object: Object<'_> = serde_json::from_str(found.get()).ok()?;
        found = object.get(key)?;
    }
    Some(found.get().to_owned()).filter(|text| text != "null")
}

type Object<'a> = std::collections::HashMap<std::borrow::Cow<'a, str>, &'a RawValue>;

/// The same JSON with the spaces and escapes of Python's `json.dumps`.
fn python_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut is_escaped) = (false, false);
    for c in json.chars() {
        match c {
            _ if !in_string && c.is_ascii_whitespace() => {}
            ',' | ':' if !in_string => out.extend([c, ' ']),
            _ if c.is_ascii() => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
        in_string ^= c == '"' && !is_escaped;
        is_escaped = in_string && c == '\\' && !is_escaped;
    }
    out
}
