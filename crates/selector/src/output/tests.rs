//! The output for nodes of each kind.

use dbt_manifest::Manifest;

use super::{json_line, name_line, selector_line};
use crate::Dialect;

const MANIFEST: &str = r#"{
  "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
  "nodes": {
    "model.p.m.v2": {"resource_type": "model", "name": "m", "package_name": "p", "fqn": ["p", "dir", "m", "v2"], "version": 2,
      "original_file_path": "models/m.sql", "alias": null, "tags": ["é\"\\", "x:y,z"], "checksum": {}, "depends_on": {"nodes": ["model.p.z", "model.p.a"]},
      "config": {"meta": {"tier": 1.50, "none": null}}},
    "test.p.t.1": {"resource_type": "test", "name": "t", "package_name": "p", "fqn": ["p", "dir", "t"]}
  },
  "sources": {"source.p.raw.a": {"resource_type": "source", "name": "a", "source_name": "raw", "package_name": "p", "fqn": ["p", "raw", "a"]}},
  "exposures": {"exposure.p.e": {"resource_type": "exposure", "name": "e", "package_name": "p", "fqn": ["p", "e"]}},
  "unit_tests": {
    "unit_test.p.m.u": {"resource_type": "unit_test", "name": "u", "package_name": "p", "fqn": ["p", "m", "u"]},
    "unit_test.p.m.w": {"resource_type": "unit_test", "name": "w", "package_name": "p", "fqn": ["p", "m", "w"], "version": "beta"}
  }
}"#;

#[test]
fn names_and_selectors() {
    let manifest = Manifest::from_slice(MANIFEST.as_bytes()).unwrap();
    let lines: Vec<_> = manifest
        .iter()
        .map(|node| (selector_line(node), name_line(node).into_owned()))
        .collect();
    let expected = [
        ("exposure:p.e", "e"),
        ("p.dir.m.v2", "m.v2"),
        ("source:p.raw.a", "raw.a"),
        ("p.dir.t", "t"),
        ("unit_test:p.u", "u"),
        ("unit_test:p.w_vbeta", "w"),
    ];
    assert_eq!(
        lines,
        expected.map(|(line, name)| (line.to_owned(), name.to_owned()))
    );
}

#[test]
fn json_has_the_keys_that_are_asked_for() {
    let manifest = Manifest::from_slice(MANIFEST.as_bytes()).unwrap();
    let model = manifest.get("model.p.m.v2").unwrap();
    let line = |keys: &[&str]| json_line(model, keys, Dialect::V1_11);
    assert_eq!(
        line(&[
            "tags",
            "alias",
            "nope",
            "config.meta.tier",
            "config.meta.none",
            "config.nope.x",
            "name.x",
            "name",
            "name"
        ]),
        r#"{"tags": ["\u00e9\"\\", "x:y,z"], "alias": null, "config.meta.tier": 1.50, "name": "m"}"#,
    );
    assert_eq!(
        line(&[]),
        r#"{"resource_type": "model", "name": "m", "package_name": "p", "original_file_path": "models/m.sql", "alias": null, "tags": ["\u00e9\"\\", "x:y,z"], "depends_on": {"nodes": ["model.p.z", "model.p.a"]}, "config": {"meta": {"tier": 1.50, "none": null}}}"#,
    );
}

#[test]
fn output_keys_with_dots_give_nothing_before_1_11() {
    let manifest = Manifest::from_slice(MANIFEST.as_bytes()).unwrap();
    let model = manifest.get("model.p.m.v2").unwrap();
    let line = |keys: &[&str]| json_line(model, keys, Dialect::V1_10);
    assert_eq!(line(&["config.meta.tier"]), "{}");
    assert_eq!(
        line(&["alias", "name", "config.meta.tier"]),
        r#"{"name": "m", "alias": null}"#
    );
}

#[test]
fn json_of_a_model_since_1_12_ends_with_its_parents() {
    let manifest = Manifest::from_slice(MANIFEST.as_bytes()).unwrap();
    let line =
        |id: &str, keys: &[&str], dialect| json_line(manifest.get(id).unwrap(), keys, dialect);
    let parents = r#""direct_parents": ["model.p.z", "model.p.a"]}"#;
    for dialect in [Dialect::V1_12, Dialect::V2] {
        assert!(line("model.p.m.v2", &[], dialect).ends_with(parents));
        assert!(!line("test.p.t.1", &[], dialect).contains("direct_parents"));
        assert_eq!(
            line("model.p.m.v2", &["direct_parents"], dialect),
            format!("{{{parents}")
        );
    }
    assert!(!line("model.p.m.v2", &[], Dialect::V1_11).contains("direct_parents"));
    assert_eq!(
        line("model.p.m.v2", &["direct_parents"], Dialect::V1_11),
        "{}"
    );
}
