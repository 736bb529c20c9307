//! The edges that a run must have, computed from manifest.json alone.

use std::collections::BTreeSet;

use serde_json::Value;

/// The nodes that a node waits for: its nearest upstream nodes among those that take part in the run.
pub(super) fn expected(
    manifest: &Value,
    taking_part: &BTreeSet<String>,
    unique_id: &str,
) -> BTreeSet<String> {
    // A unit test runs before the model that it tests: it waits for what the model waits for.
    let tested = tested_model(manifest, unique_id);
    let mut found = BTreeSet::new();
    collect(
        manifest,
        taking_part,
        tested.unwrap_or(unique_id),
        &mut found,
    );
    if tested.is_none() {
        found.extend(
            unit_tests_of(manifest, unique_id)
                .filter(|test| taking_part.contains(*test))
                .map(str::to_owned),
        );
    }
    found
}

fn collect(
    manifest: &Value,
    taking_part: &BTreeSet<String>,
    unique_id: &str,
    found: &mut BTreeSet<String>,
) {
    for parent in parents(manifest, unique_id) {
        if taking_part.contains(parent) {
            found.insert(parent.to_owned());
        } else {
            collect(manifest, taking_part, parent, found);
        }
    }
}

fn parents<'a>(manifest: &'a Value, unique_id: &str) -> impl Iterator<Item = &'a str> {
    let node = ["nodes", "exposures", "unit_tests"]
        .iter()
        .find_map(|kind| manifest[kind].get(unique_id));
    node.and_then(|node| node["depends_on"]["nodes"].as_array())
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn tested_model<'a>(manifest: &'a Value, unique_id: &str) -> Option<&'a str> {
    let test = manifest["unit_tests"].get(unique_id)?;
    test["depends_on"]["nodes"][0].as_str()
}

fn unit_tests_of<'a>(manifest: &'a Value, model: &str) -> impl Iterator<Item = &'a str> {
    let tests = manifest["unit_tests"].as_object().into_iter().flatten();
    tests
        .filter(move |(_, test)| test["depends_on"]["nodes"][0] == *model)
        .map(|(id, _)| id.as_str())
}
