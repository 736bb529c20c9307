//! Names of task runs where two nodes of the project share one: version, source, model or package tells them apart.

use std::collections::{BTreeMap, HashMap, HashSet};

use dbt_manifest::{Manifest, Node};

/// The names that differ from the nodes' own, by unique_id. By project, not by run: a node has the same name in every run.
pub(super) fn distinct_names(manifest: &Manifest) -> HashMap<&str, String> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Node>> = BTreeMap::new();
    // Ephemeral models have no task run.
    let has_task_run = |node: &&Node| node.config.materialized.as_deref() != Some("ephemeral");
    for node in manifest.iter().filter(has_task_run) {
        let key = (node.resource_type.as_str(), &*node.name);
        groups.entry(key).or_default().push(node);
    }
    let shared = groups.into_values().filter(|nodes| nodes.len() > 1);
    shared.flat_map(|nodes| tell_apart(&nodes)).collect()
}

/// The shortest form of name that tells these nodes apart.
fn tell_apart<'m>(nodes: &[&'m Node]) -> Vec<(&'m str, String)> {
    let are_distinct = |name: &fn(&Node) -> String| {
        let names: HashSet<String> = nodes.iter().map(|node| name(node)).collect();
        names.len() == nodes.len()
    };
    let forms: [fn(&Node) -> String; 2] = [versioned, qualified];
    let name = forms.into_iter().find(are_distinct).unwrap_or(whole_id);
    nodes
        .iter()
        .map(|node| (node.unique_id.as_str(), name(node)))
        .collect()
}

/// `dim_people v2`
fn versioned(node: &Node) -> String {
    match &node.version {
        Some(serde_json::Value::String(version)) => format!("{} v{version}", node.name),
        Some(version) if !version.is_null() => format!("{} v{version}", node.name),
        _ => node.name.to_string(),
    }
}

/// `shop.orders`: with the source of a table, the model of a unit test, and the package of any other node.
fn qualified(node: &Node) -> String {
    let qualifier = match (node.resource_type.as_str(), &node.source_name) {
        ("source", Some(source)) => source,
        ("unit_test", _) => node
            .unique_id
            .as_str()
            .split('.')
            .nth(2)
            .unwrap_or_default(),
        _ => &*node.package_name,
    };
    format!("{qualifier}.{}", versioned(node))
}

/// The unique_id without its resource type.
fn whole_id(node: &Node) -> String {
    let id = node.unique_id.as_str();
    id.split_once('.').map_or(id, |(_, rest)| rest).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn names(nodes: &[(&str, Value)]) -> Vec<(String, String)> {
        let mut text = json!({
            "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
            "nodes": {}, "sources": {}, "unit_tests": {},
        });
        for (id, more) in nodes {
            let parts: Vec<&str> = id.split('.').collect();
            let mut node = json!({
                "unique_id": id, "resource_type": parts[0], "package_name": parts[1], "name": parts[2],
            });
            for (key, value) in more.as_object().unwrap() {
                node[key] = value.clone();
            }
            let collection = match parts[0] {
                "source" => "sources",
                "unit_test" => "unit_tests",
                _ => "nodes",
            };
            text[collection][*id] = node;
        }
        let manifest = Manifest::from_slice(text.to_string().as_bytes()).unwrap();
        let names = distinct_names(&manifest).into_iter();
        let mut names: Vec<_> = names.map(|(id, name)| (id.to_owned(), name)).collect();
        names.sort();
        names
    }

    #[test]
    fn names_that_collide_get_a_version_or_a_package() {
        let found = names(&[
            ("model.shop.alone", json!({})),
            ("model.shop.people.v1", json!({"version": 1})),
            ("model.shop.people.v2", json!({"version": "2"})),
            ("model.shop.orders", json!({})),
            ("model.other.orders", json!({})),
            (
                "model.shop.hidden",
                json!({"config": {"materialized": "ephemeral"}}),
            ),
            ("model.other.hidden", json!({})),
            (
                "source.shop.crm.users",
                json!({"name": "users", "source_name": "crm"}),
            ),
            (
                "source.shop.web.users",
                json!({"name": "users", "source_name": "web"}),
            ),
            ("unit_test.shop.orders.adds", json!({"name": "adds"})),
            ("unit_test.shop.people.adds", json!({"name": "adds"})),
            ("test.shop.same.0a1b", json!({})),
            ("test.shop.same.2c3d", json!({})),
            // A test may have the name of a model.
            ("test.shop.alone", json!({})),
        ]);
        let expected = [
            ("model.other.orders", "other.orders"),
            ("model.shop.orders", "shop.orders"),
            ("model.shop.people.v1", "people v1"),
            ("model.shop.people.v2", "people v2"),
            ("source.shop.crm.users", "crm.users"),
            ("source.shop.web.users", "web.users"),
            ("test.shop.same.0a1b", "shop.same.0a1b"),
            ("test.shop.same.2c3d", "shop.same.2c3d"),
            ("unit_test.shop.orders.adds", "orders.adds"),
            ("unit_test.shop.people.adds", "people.adds"),
        ];
        let expected = expected.map(|(id, name)| (id.to_owned(), name.to_owned()));
        assert_eq!(found, expected);
    }
}
