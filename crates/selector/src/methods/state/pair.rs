//! One node in two manifests, and the equality of its fields.

use dbt_manifest::{Fields, Node};
use serde_json::{Map, Value};

use crate::methods::python::equal;

/// A node, the node with the same id in the earlier manifest, and the fields of both.
pub(super) struct Pair<'m> {
    pub(super) new: &'m Node,
    pub(super) old: &'m Node,
    pub(super) new_fields: Fields<'m>,
    pub(super) old_fields: Fields<'m>,
    /// Whether relations of sources are compared before rendering.
    pub(super) compares_unrendered: bool,
}

impl<'m> Pair<'m> {
    pub(super) fn new(new: &'m Node, old: &'m Node, compares_unrendered: bool) -> Self {
        let (new_fields, old_fields) = (new.fields(), old.fields());
        Self {
            new,
            old,
            new_fields,
            old_fields,
            compares_unrendered,
        }
    }

    /// Whether all these fields are equal. A null counts as missing, because dbt fills in defaults.
    pub(super) fn same(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| {
            let [new, old] = self.values(key);
            alike(&new, &old)
        })
    }

    /// A field of both nodes; null if it is missing.
    pub(super) fn values(&self, key: &str) -> [Value; 2] {
        [&self.new_fields, &self.old_fields].map(|fields| fields.value(key))
    }

    /// A field of both nodes as a text; empty if it is missing.
    pub(super) fn same_text(&self, key: &str) -> bool {
        let [new, old] =
            [&self.new_fields, &self.old_fields].map(|fields| fields.text(key).unwrap_or_default());
        new == old
    }

    /// A field of both nodes as a mapping; empty if it is missing.
    pub(super) fn mappings(&self, key: &str) -> [Map<String, Value>; 2] {
        self.values(key).map(|value| match value {
            Value::Object(map) => map,
            _ => Map::new(),
        })
    }
}

/// Equality of values that dbt keeps in typed objects: null and missing keys are equal, at all levels.
pub(super) fn alike(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let in_other = |one: &Map<String, Value>, other: &Map<String, Value>| {
                one.iter()
                    .all(|(key, value)| alike(value, other.get(key).unwrap_or(&Value::Null)))
            };
            in_other(left, right) && in_other(right, left)
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| alike(left, right))
        }
        _ => equal(left, right),
    }
}
