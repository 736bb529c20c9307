//! `--output json`: the fields of a node as they are in the manifest, reduced to some keys.

use std::fmt::Write;

use dbt_manifest::{Fields, Node};
use serde_json::Value;
use serde_json::value::RawValue;

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

/// The fields of a node with these `keys` as one JSON object; with dbt's default keys if there are none
/// (`--output json`, `--output-keys`).
///
/// A key with dots is a path into mappings. It is left out if its value is null or missing.
pub fn json_line(node: &Node, keys: &[impl AsRef<str>]) -> String {
    let fields = node.fields();
    let mut pairs: Vec<(String, String)> = Vec::new();
    if keys.is_empty() {
        let printed = fields.iter().filter(|(key, _)| DEFAULT_KEYS.contains(key));
        pairs.extend(printed.map(|(key, value)| (key.to_owned(), value.get().to_owned())));
    }
    for key in keys.iter().map(AsRef::as_ref) {
        let value = match key.split_once('.') {
            Some((first, deeper)) => descend(&fields, first, deeper),
            None => fields.get(key).map(|value| value.get().to_owned()),
        };
        if pairs.iter().all(|(earlier, _)| earlier != key) {
            pairs.extend(value.map(|value| (key.to_owned(), value)));
        }
    }
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
