//! `config:` matches a key of the configuration at any depth.

use dbt_manifest::{Config, ResourceType};
use serde_json::Value;

use super::python;
use crate::graph::{SelectionGraph, is_in_nodes};
use crate::set::NodeSet;

/// Keys that dbt cannot read in a nested dictionary, because Python finds the method of the dictionary with that name.
const SHADOWED: &[&str] = &[
    "items",
    "keys",
    "values",
    "get",
    "pop",
    "popitem",
    "copy",
    "update",
    "clear",
    "setdefault",
    "fromkeys",
];

/// Nodes and sources whose configuration has the value `wanted` at the path `keys`, or a list that contains it.
pub(super) fn resolve(keys: &[String], wanted: &Value, graph: &SelectionGraph<'_>) -> NodeSet {
    let Some((first, deeper)) = keys.split_first() else {
        return NodeSet::empty(graph.len());
    };
    let wanted = Wanted::new(wanted, keys == ["severity"]);
    graph.matching(|node| {
        (is_in_nodes(node) || node.resource_type == ResourceType::Source)
            && look_up(&node.config, first, deeper).is_some_and(|found| wanted.matches(found))
    })
}

/// The value at a path. A missing first key counts as null; a missing deeper key ends the search.
fn look_up<'n>(config: &'n Config, first: &str, deeper: &[String]) -> Option<&'n Value> {
    let first = match first {
        "pre_hook" => "pre-hook",
        "post_hook" => "post-hook",
        "pre-hook" | "post-hook" => return deeper.is_empty().then_some(&Value::Null),
        first => first,
    };
    deeper
        .iter()
        .try_fold(config.get(first).unwrap_or(&Value::Null), |value, key| {
            value
                .as_object()
                .filter(|_| !SHADOWED.contains(&key.as_str()))?
                .get(key)
        })
}

/// The value to compare with, in its possible forms.
struct Wanted<'a> {
    value: &'a Value,
    /// The boolean, if the text is `true` or `false` in any letter case.
    flag: Option<bool>,
    /// The text in lower case, if the letter case does not matter.
    any_case: Option<String>,
}

impl<'a> Wanted<'a> {
    fn new(value: &'a Value, any_case: bool) -> Self {
        let flag = match value.as_str().map(str::to_lowercase).as_deref() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        let any_case = any_case
            .then(|| python::text(value))
            .flatten()
            .map(|text| text.to_lowercase());
        Self {
            value,
            flag,
            any_case,
        }
    }

    fn matches(&self, found: &Value) -> bool {
        match found {
            // In Python, a list that contains 1 also contains `True`.
            Value::Array(list) => list.iter().any(|item| {
                self.equals(item)
                    || self
                        .flag
                        .is_some_and(|flag| python::equal(&flag.into(), item))
            }),
            Value::Bool(found) if self.flag == Some(*found) => true,
            found => self.equals(found),
        }
    }

    fn equals(&self, found: &Value) -> bool {
        match &self.any_case {
            Some(wanted) => found
                .as_str()
                .is_some_and(|found| found.to_lowercase() == *wanted),
            None => python::equal(self.value, found),
        }
    }
}
