//! A manifest of 50,000 models and 50,000 tests, generated from the manifest of another project.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

const MODELS: usize = 50_000;
/// One of this many models is tagged.
const CRITICAL: usize = 100;

/// Writes the manifest, with nodes like those in `source`.
pub(super) fn generate(source: &Path, path: &Path) -> Result<()> {
    let mut manifest: Value = serde_json::from_slice(&fs_err::read(source)?)?;
    let model = find(&manifest, "model.").context("the manifest has no model")?;
    let test = find(&manifest, "test.").context("the manifest has no test")?;
    let mut nodes = Map::new();
    let (mut parents, mut children) = (Map::new(), Map::new());
    for index in 0..MODELS {
        let id = model_id(index);
        let upstream: Vec<String> = [index / 2, index / 3]
            .iter()
            .filter(|parent| **parent != index)
            .map(|parent| model_id(*parent))
            .collect();
        let test_id = format!("test.shop.not_null_m{index}.0");
        parents.insert(id.clone(), json!(upstream));
        parents.insert(test_id.clone(), json!([id]));
        children.insert(test_id.clone(), json!([]));
        nodes.insert(
            id.clone(),
            node(&model, &id, &format!("m{index}"), &upstream, index),
        );
        nodes.insert(
            test_id.clone(),
            node(&test, &test_id, &format!("not_null_m{index}"), &[id], index),
        );
    }
    for (id, upstream) in &parents {
        children.entry(id.clone()).or_insert_with(|| json!([]));
        for parent in upstream
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            let list = children.entry(parent).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(json!(id));
            }
        }
    }
    for other in [
        "sources",
        "exposures",
        "unit_tests",
        "metrics",
        "semantic_models",
    ] {
        manifest[other] = json!({});
    }
    manifest["nodes"] = Value::Object(nodes);
    manifest["parent_map"] = Value::Object(parents);
    manifest["child_map"] = Value::Object(children);
    fs_err::write(path, serde_json::to_vec(&manifest)?)?;
    Ok(())
}

fn model_id(index: usize) -> String {
    format!("model.shop.m{index}")
}

fn find(manifest: &Value, prefix: &str) -> Option<Value> {
    let nodes = manifest["nodes"].as_object()?;
    let mut found = nodes.iter().filter(|(id, _)| id.starts_with(prefix));
    found.next().map(|(_, node)| node.clone())
}

/// A copy of the node with another name.
fn node(pattern: &Value, id: &str, name: &str, upstream: &[String], index: usize) -> Value {
    let mut node = pattern.clone();
    node["unique_id"] = json!(id);
    node["name"] = json!(name);
    node["alias"] = json!(name);
    node["fqn"] = json!(["shop", format!("layer_{}", index % 20), name]);
    node["depends_on"]["nodes"] = json!(upstream);
    if id.starts_with("model.") && index.is_multiple_of(CRITICAL) {
        node["tags"] = json!(["critical"]);
        node["config"]["tags"] = json!(["critical"]);
    }
    if id.starts_with("test.") {
        node["attached_node"] = json!(upstream.first());
    }
    node
}
