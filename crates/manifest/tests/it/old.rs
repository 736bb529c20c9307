//! Manifests before v12, converted to the current model.

use dbt_manifest::{Manifest, RunResults, Sources};
use serde_json::{Value, json};

fn schema(artifact: &str, version: u32) -> Value {
    json!({"dbt_schema_version": format!("https://schemas.getdbt.com/dbt/{artifact}/v{version}.json")})
}

fn manifest(version: u32, mut parts: Value) -> Manifest {
    parts["metadata"] = schema("manifest", version);
    Manifest::from_slice(parts.to_string().as_bytes()).unwrap()
}

#[test]
fn code_fields_had_other_names() {
    let node = json!({"resource_type": "model", "name": "a", "raw_sql": "select 1", "compiled_sql": "select 2"});
    let old = manifest(4, json!({"nodes": {"model.p.a": node}}));
    let node = old.get("model.p.a").unwrap();
    assert_eq!(node.raw_code().as_deref(), Some("select 1"));
    assert_eq!(node.compiled_code().as_deref(), Some("select 2"));
    assert_eq!(old.metadata().schema_version, 4);
}

#[test]
fn metrics_of_before_v10_are_dropped() {
    let metrics = json!({
        "metrics": {"metric.p.m": {"resource_type": "metric", "name": "m"}},
        "disabled": {"metric.p.off": [{"resource_type": "metric", "name": "off"}]},
    });
    let old = manifest(9, metrics.clone());
    assert!(old.is_empty() && old.disabled().is_empty());
    let new = manifest(10, metrics);
    assert_eq!((new.len(), new.disabled().len()), (1, 1));
}

#[test]
fn seeds_have_no_parents() {
    let seed = json!({"resource_type": "seed", "name": "s", "depends_on": {"nodes": ["model.p.a"], "macros": []}});
    let old = manifest(7, json!({"nodes": {"seed.p.s": seed}}));
    assert_eq!(old.get("seed.p.s").unwrap().depends_on_nodes().len(), 0);
}

#[test]
fn missing_and_null_parts_are_empty() {
    let old = manifest(
        8,
        json!({"nodes": null, "sources": {"source.p.a.b": {"resource_type": "source", "config": null}}}),
    );
    let source = old.get("source.p.a.b").unwrap();
    assert!(source.config.enabled);
    assert_eq!((&*source.name, source.alias.as_deref()), ("", None));
    assert!(old.groups().is_empty() && old.macros().is_empty() && old.selectors().is_empty());
}

#[test]
fn old_run_results_are_read() {
    let result =
        json!({"unique_id": "model.p.a", "status": "success", "timing": [], "failures": null});
    for version in 4..=6 {
        let text =
            json!({"metadata": schema("run-results", version), "results": [result]}).to_string();
        let results = RunResults::from_slice(text.as_bytes()).unwrap();
        assert_eq!(results.get("model.p.a").unwrap().status, "success");
    }
}

#[test]
fn a_source_may_have_an_error_only() {
    let failed =
        json!({"unique_id": "source.p.a.b", "status": "runtime error", "error": "no such table"});
    let text = json!({"metadata": schema("sources", 3), "results": [failed]}).to_string();
    let sources = Sources::from_slice(text.as_bytes()).unwrap();
    assert_eq!(
        sources.get("source.p.a.b").unwrap().error.as_deref(),
        Some("no such table")
    );
}
