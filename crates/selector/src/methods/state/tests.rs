//! Pairs of manifests with one difference each, and the values of `state:` that match.

use std::time::{Duration, SystemTime};

use dbt_manifest::Manifest;
use serde_json::{Value, json};

use crate::{Context, Errors, Expr, IndirectSelection, Selection, SelectionGraph, State};

fn manifest(value: &Value) -> Manifest {
    let mut whole = json!({"metadata": {
        "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
        "dbt_version": "1.11.16", "project_name": "p", "adapter_type": "postgres",
    }});
    merge(&mut whole, value);
    Manifest::from_slice(whole.to_string().as_bytes()).unwrap()
}

/// Overwrites the keys of `base` with those of `patch`.
fn merge(base: &mut Value, patch: &Value) {
    match (base, patch) {
        (Value::Object(base), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, patch) => *base = patch.clone(),
    }
}

/// A manifest with a model, a source, a test, and a macro that the model calls through another one.
fn base() -> Value {
    let node = |kind: &str, name: &str| {
        json!({
            "unique_id": format!("{kind}.p.{name}"), "resource_type": kind, "name": name, "package_name": "p",
            "fqn": ["p", name], "path": "x", "original_file_path": "x", "tags": [], "config": {"enabled": true},
            "depends_on": {"nodes": [], "macros": []}, "unrendered_config": {},
        })
    };
    let mut model = node("model", "m");
    merge(
        &mut model,
        &json!({
            "raw_code": "select 1", "description": "a", "columns": {"c": {"name": "c", "description": "x", "data_type": "int"}},
            "config": {"materialized": "table", "persist_docs": {"columns": true}},
            "unrendered_config": {"materialized": "table"}, "depends_on": {"macros": ["macro.p.outer"]},
            "contract": {"enforced": false}, "access": "protected",
        }),
    );
    let mut test = node("test", "t");
    merge(
        &mut test,
        &json!({"raw_code": "{{ test() }}", "test_metadata": {"name": "unique"}}),
    );
    let mut seed = node("seed", "s");
    merge(
        &mut seed,
        &json!({"checksum": {"name": "sha256", "checksum": "1"}, "raw_code": ""}),
    );
    json!({
        "nodes": {"model.p.m": model, "test.p.t": test, "seed.p.s": seed},
        "sources": {"source.p.r": node("source", "r")},
        "exposures": {"exposure.p.e": node("exposure", "e")},
        "unit_tests": {"unit_test.p.u": node("unit_test", "u")},
        "macros": {
            "macro.p.outer": {"unique_id": "macro.p.outer", "name": "outer", "package_name": "p", "macro_sql": "o",
                              "depends_on": {"macros": ["macro.p.inner"]}},
            "macro.p.inner": {"unique_id": "macro.p.inner", "name": "inner", "package_name": "p", "macro_sql": "i",
                              "depends_on": {"macros": []}},
        },
    })
}

fn select<'m>(new: &'m Manifest, state: &State, text: &str) -> Result<Selection<'m>, Errors> {
    let graph = SelectionGraph::new(new);
    let context = Context {
        state: Some(state),
        ..Context::default()
    };
    Ok(Expr::parse(text, IndirectSelection::Empty)?
        .compile(&graph, &context)?
        .evaluate())
}

fn state(old: &Value) -> State {
    State {
        manifest: Some(manifest(old)),
        ..State::default()
    }
}

/// Selects from the base with `patch`, compared with the base.
fn changed(patch: &Value, text: &str) -> Vec<String> {
    let mut new = base();
    merge(&mut new, patch);
    let new = manifest(&new);
    let selection = select(&new, &state(&base()), text).unwrap();
    selection.unique_ids().map(str::to_owned).collect()
}

#[test]
fn nothing_is_modified_in_the_same_manifest() {
    let all = [
        "exposure.p.e",
        "model.p.m",
        "seed.p.s",
        "source.p.r",
        "test.p.t",
        "unit_test.p.u",
    ];
    assert_eq!(changed(&json!({}), "state:modified"), [""; 0]);
    assert_eq!(changed(&json!({}), "state:new"), [""; 0]);
    assert_eq!(changed(&json!({}), "state:unmodified"), all);
    assert_eq!(changed(&json!({}), "state:old"), all);
}

#[test]
fn one_change_at_a_time() {
    let model = |patch: Value| json!({"nodes": {"model.p.m": patch}});
    let cases = [
        (
            "state:modified.body",
            model(json!({"raw_code": "select 2"})),
            "model.p.m",
        ),
        (
            "state:modified",
            model(json!({"raw_code": "select 2"})),
            "model.p.m",
        ),
        (
            "state:modified",
            model(json!({"compiled_code": "select 2"})),
            "",
        ),
        (
            "state:modified.configs",
            model(json!({"unrendered_config": {"materialized": "view"}})),
            "model.p.m",
        ),
        (
            "state:modified.configs",
            model(json!({"unrendered_config": {"docs": null}})),
            "model.p.m",
        ),
        (
            "state:modified.configs",
            model(json!({"unrendered_config": {"tags": ["a"]}})),
            "",
        ),
        (
            "state:modified.configs",
            model(json!({"config": {"materialized": "view"}})),
            "",
        ),
        (
            "state:modified.relation",
            model(json!({"unrendered_config": {"alias": "a"}})),
            "model.p.m",
        ),
        ("state:modified.relation", model(json!({"alias": "a"})), ""),
        (
            "state:modified.persisted_descriptions",
            model(json!({"columns": {"c": {"description": "y"}}})),
            "model.p.m",
        ),
        (
            "state:modified.persisted_descriptions",
            model(json!({"description": "b"})),
            "",
        ),
        (
            "state:modified",
            model(json!({"access": "public"})),
            "model.p.m",
        ),
        (
            "state:modified",
            model(json!({"deprecation_date": "2024-01-01"})),
            "model.p.m",
        ),
        (
            "state:modified",
            model(json!({"fqn": ["p", "dir", "m"]})),
            "model.p.m",
        ),
        (
            "state:modified.contract",
            model(json!({"contract": {"enforced": true}})),
            "model.p.m",
        ),
        (
            "state:modified",
            json!({"nodes": {"test.p.t": {"raw_code": "other"}}}),
            "",
        ),
        (
            "state:modified",
            json!({"nodes": {"test.p.t": {"unrendered_config": {"severity": "warn"}}}}),
            "test.p.t",
        ),
        (
            "state:modified",
            json!({"nodes": {"test.p.t": {"unrendered_config": {"meta": 1}}}}),
            "",
        ),
        (
            "state:modified",
            json!({"nodes": {"seed.p.s": {"raw_code": "other"}}}),
            "",
        ),
        (
            "state:modified.body",
            json!({"nodes": {"seed.p.s": {"checksum": {"checksum": "2"}}}}),
            "seed.p.s",
        ),
        (
            "state:modified.relation",
            json!({"sources": {"source.p.r": {"identifier": "x"}}}),
            "source.p.r",
        ),
        (
            "state:modified",
            json!({"sources": {"source.p.r": {"freshness": {"filter": null}}}}),
            "source.p.r",
        ),
        (
            "state:modified",
            json!({"sources": {"source.p.r": {"description": "b"}}}),
            "",
        ),
        (
            "state:modified",
            json!({"sources": {"source.p.r": {"unrendered_config": {"tags": []}}}}),
            "source.p.r",
        ),
        (
            "state:modified",
            json!({"exposures": {"exposure.p.e": {"depends_on": {"nodes": ["model.p.m"]}}}}),
            "exposure.p.e",
        ),
        (
            "state:modified",
            json!({"unit_tests": {"unit_test.p.u": {"checksum": "2"}}}),
            "unit_test.p.u",
        ),
        (
            "state:modified.macros",
            json!({"macros": {"macro.p.inner": {"macro_sql": "j"}}}),
            "model.p.m",
        ),
        (
            "state:modified",
            json!({"macros": {"macro.p.inner": {"macro_sql": "j"}}}),
            "model.p.m",
        ),
    ];
    for (text, patch, expected) in cases {
        let expected: Vec<&str> = expected.split_terminator(' ').collect();
        assert_eq!(changed(&patch, text), expected, "{text} of {patch}");
    }
}

#[test]
fn new_nodes_are_modified_except_for_some_kinds() {
    let new = manifest(&base());
    let ids = |text| -> Vec<String> {
        select(&new, &state(&json!({})), text)
            .unwrap()
            .unique_ids()
            .map(str::to_owned)
            .collect()
    };
    let everything = [
        "exposure.p.e",
        "model.p.m",
        "seed.p.s",
        "source.p.r",
        "test.p.t",
        "unit_test.p.u",
    ];
    assert_eq!(ids("state:new"), everything);
    // The macros of the model changed as well.
    assert_eq!(
        ids("state:modified"),
        ["model.p.m", "seed.p.s", "test.p.t", "unit_test.p.u"]
    );
    assert_eq!(ids("state:modified.configs"), everything[..5]);
    assert_eq!(
        ids("state:modified.relation"),
        ["model.p.m", "seed.p.s", "source.p.r", "test.p.t"]
    );
    assert_eq!(
        ids("state:modified.contract"),
        ["model.p.m", "seed.p.s", "test.p.t"]
    );
}

/// The model with a contract in the earlier manifest.
fn contracted(version: &Value) -> Value {
    let mut old = base();
    merge(
        &mut old,
        &json!({"nodes": {"model.p.m": {
            "version": version, "contract": {"enforced": true, "checksum": "1"},
            "constraints": [{"type": "primary_key", "columns": ["c"]}],
        }}}),
    );
    old
}

#[test]
fn a_breaking_change_is_an_error_for_versions_and_else_a_warning() {
    let changes = [
        json!({"contract": {"enforced": false}}),
        json!({"contract": {"checksum": "2"}, "columns": {"c": {"data_type": "text"}}}),
        json!({"contract": {"checksum": "2"}, "columns": {"c": {"data_type": "INT(4)"}}}),
        json!({"contract": {"checksum": "2"}, "columns": null}),
        json!({"contract": {"checksum": "2"}, "constraints": []}),
        json!({"contract": {"checksum": "2"}, "config": {"materialized": "view"}}),
    ];
    let mut results = Vec::new();
    for change in changes {
        for version in [json!(1), json!(null)] {
            let old = contracted(&version);
            let mut new = old.clone();
            merge(&mut new, &json!({"nodes": {"model.p.m": change}}));
            let new = manifest(&new);
            results.push(match select(&new, &state(&old), "state:modified") {
                Ok(selection) => format!(
                    "{:?} {:?}",
                    selection.unique_ids().collect::<Vec<_>>(),
                    selection.warnings()
                ),
                Err(errors) => errors.to_string(),
            });
        }
    }
    insta::assert_snapshot!(results.join("\n"));
}

#[test]
fn removing_a_contracted_version_is_an_error_until_it_is_deprecated() {
    let mut old = contracted(&json!(1));
    merge(
        &mut old,
        &json!({"nodes": {"model.p.m": {"deprecation_date": "1970-01-11T00:00:00+00:00"}}}),
    );
    let new = manifest(&json!({}));
    let mut state = state(&old);
    let error = select(&new, &state, "state:unmodified").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the model was deleted or renamed"),
        "{error}"
    );
    state.now = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 10);
    assert!(select(&new, &state, "state:unmodified").is_ok());
    state.now = SystemTime::UNIX_EPOCH;
    assert!(select(&new, &state, "state:modified.body").is_ok());
}

#[test]
fn a_missing_artifact_is_named() {
    let new = manifest(&base());
    let state = State::default();
    let errors = ["state:modified", "result:error", "source_status:fresher"]
        .map(|text| select(&new, &state, text).unwrap_err().to_string());
    insta::assert_snapshot!(errors.join("\n"));
}
