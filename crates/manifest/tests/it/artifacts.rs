//! Artifacts that dbt wrote, as they are read.

use dbt_manifest::{Manifest, Node, ResourceType, RunResults, Sources};
use serde_json::{Value, json};

const MANIFEST: &[u8] = include_bytes!("../data/manifest.json");

/// All fields of a node.
fn summary(node: &Node) -> Value {
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
    let texts =
        |list: &[std::sync::Arc<str>]| list.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    let all = json!({
        "resource_type": node.resource_type.as_str(),
        "collection": node.collection.as_str(),
        "name": &*node.name,
        "package_name": &*node.package_name,
        "fqn": texts(&node.fqn).join("."),
        "path": &*node.path,
        "original_file_path": &*node.original_file_path,
        "patch_path": text(&node.patch_path),
        "tags": texts(&node.tags).join(" "),
        "config.enabled": node.config.enabled,
        "config.materialized": text(&node.config.materialized),
        "config.group": text(&node.config.group),
        "config.severity": text(&node.config.severity),
        "config.tags": texts(&node.config.tags).join(" "),
        "depends_on": node.depends_on_nodes().collect::<Vec<_>>().join(" "),
        "macros": node.macros.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" "),
        "alias": text(&node.alias),
        "schema": text(&node.schema),
        "database": text(&node.database),
        "relation_name": text(&node.relation_name),
        "source_name": text(&node.source_name),
        "identifier": text(&node.identifier),
        "access": text(&node.access),
        "version": node.version,
        "latest_version": node.latest_version,
        "test": node.test_metadata.as_ref().map(|test| test.name.to_string()),
        "test.namespace": node.test_metadata.as_ref().and_then(|test| text(&test.namespace)),
        "attached_node": node.attached_node.as_ref().map(|id| id.as_str()),
        "column_name": text(&node.column_name),
        "raw_code": node.raw_code(),
        "description": node.description(),
    });
    let Value::Object(all) = all else {
        unreachable!("it is written as an object")
    };
    all.into_iter()
        .filter(|(_, value)| !value.is_null() && *value != "")
        .collect()
}

#[test]
fn every_kind_of_node() {
    let manifest = Manifest::from_slice(MANIFEST).unwrap();
    let nodes: Value = manifest
        .iter()
        .map(|node| (node.unique_id.to_string(), summary(node)))
        .collect();
    insta::assert_json_snapshot!(nodes);
}

#[test]
fn metadata_groups_macros_disabled_and_selectors() {
    let manifest = Manifest::from_slice(MANIFEST).unwrap();
    insta::assert_debug_snapshot!((
        manifest.metadata(),
        manifest.groups(),
        manifest.macros(),
        manifest.disabled(),
        manifest.selectors(),
    ));
}

#[test]
fn a_node_has_every_field_of_its_text() {
    let manifest = Manifest::from_slice(MANIFEST).unwrap();
    let whole: Value = serde_json::from_slice(MANIFEST).unwrap();
    for node in &manifest {
        let fields = node.fields();
        let there = whole[node.collection.as_str()][node.unique_id.as_str()]
            .as_object()
            .unwrap();
        assert_eq!(fields.iter().len(), there.len(), "{}", node.unique_id);
        for (key, value) in there {
            assert_eq!(fields.value(key), *value, "{} {key}", node.unique_id);
        }
        assert_eq!(node.config.values(), there["config"].as_object().unwrap());
    }
    let switched_off = &manifest.disabled()["model.library.switched_off"][0];
    assert_eq!(
        switched_off.fields().text("name").as_deref(),
        Some("switched_off")
    );
}

#[test]
fn equal_configurations_are_shared() {
    let manifest = Manifest::from_slice(MANIFEST).unwrap();
    let tests = manifest
        .iter()
        .filter(|node| node.resource_type == ResourceType::Test);
    let mut configs: Vec<_> = tests
        .map(|node| std::sync::Arc::as_ptr(&node.config))
        .collect();
    let all = configs.len();
    configs.sort_unstable();
    configs.dedup();
    assert!(configs.len() < all, "{} of {all}", configs.len());
}

#[test]
fn results_of_a_run() {
    let results = RunResults::from_slice(include_bytes!("../data/run_results.json")).unwrap();
    insta::assert_debug_snapshot!(results);
}

#[test]
fn results_of_a_freshness_check() {
    insta::assert_debug_snapshot!(
        Sources::from_slice(include_bytes!("../data/sources.json")).unwrap()
    );
}

#[test]
fn numbers_that_are_not_finite_are_read() {
    let meta = |name: &str| {
        format!(
            r#""metadata": {{"dbt_schema_version": "https://schemas.getdbt.com/dbt/{name}.json"}}"#
        )
    };
    let manifest = format!(
        r#"{{{}, "nodes": {{
            "model.p.a": {{"resource_type": "model", "name": "a", "config": {{"meta": {{"limit": Infinity, "n": 1}}}}}},
            "test.p.t": {{"resource_type": "test", "name": "t", "description": "NaN",
              "test_metadata": {{"name": "below", "kwargs": {{"max": -Infinity, "min": NaN}}}},
              "depends_on": {{"nodes": ["model.p.a"]}}}}}}}}"#,
        meta("manifest/v12")
    );
    let manifest = Manifest::from_slice(manifest.as_bytes()).unwrap();
    let model = manifest.get("model.p.a").unwrap();
    assert_eq!(
        model.config.get("meta"),
        Some(&json!({"limit": null, "n": 1}))
    );
    let test = manifest.get("test.p.t").unwrap();
    assert_eq!(test.depends_on_nodes().collect::<Vec<_>>(), ["model.p.a"]);
    assert_eq!(test.description(), "NaN");
    assert!(test.is_generic_test());

    let results = format!(
        r#"{{{}, "results": [{{"unique_id": "model.p.a", "status": "error", "message": "NaN rows", "failures": NaN,
            "adapter_response": {{"rate": Infinity}}}}], "args": {{"vars": {{"x": -Infinity}}}}}}"#,
        meta("run-results/v6")
    );
    let results = RunResults::from_slice(results.as_bytes()).unwrap();
    let result = results.get("model.p.a").unwrap();
    assert_eq!(result.message.as_deref(), Some("NaN rows"));
    assert_eq!((result.status.as_str(), result.failures), ("error", None));

    let sources = format!(
        r#"{{{}, "results": [{{"unique_id": "source.p.s.t", "status": "pass", "max_loaded_at_time_ago_in_s": NaN}}]}}"#,
        meta("sources/v3")
    );
    let sources = Sources::from_slice(sources.as_bytes()).unwrap();
    assert_eq!(sources.get("source.p.s.t").unwrap().status, "pass");
}

#[test]
fn a_node_serialises_as_dbt_wrote_it() {
    let manifest = Manifest::from_slice(MANIFEST).unwrap();
    let file: Value = serde_json::from_slice(MANIFEST).unwrap();
    for node in &manifest {
        let written = &file[node.collection.as_str()][node.unique_id.as_str()];
        assert_eq!(&serde_json::to_value(node).unwrap(), written);
        let text: Value = serde_json::from_str(node.as_json()).unwrap();
        assert_eq!(&text, written);
    }
}
