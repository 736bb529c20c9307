use dbt_events::Line;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::model::{NodeResult, State};

/// A manifest of these nodes; what every node needs is filled in.
fn manifest(nodes: Value) -> Manifest {
    let (mut plain, mut sources, mut unit_tests) = (json!({}), json!({}), json!({}));
    for (id, given) in nodes.as_object().expect("an object") {
        let mut parts = id.split('.');
        let (kind, package) = (parts.next(), parts.next());
        let name = parts.next_back().unwrap_or_default();
        let mut node = json!({
            "unique_id": id, "resource_type": kind, "package_name": package, "name": name,
            "alias": name, "identifier": name, "schema": "main", "database": "shop",
            "path": format!("{name}.sql"), "original_file_path": format!("models/{name}.sql"),
            "fqn": [package, name], "description": "", "source_name": "landing",
            "relation_name": format!("\"shop\".\"main\".\"{name}\""),
            "config": {"materialized": "table"}, "depends_on": {"nodes": []},
        });
        for (field, value) in given.as_object().expect("an object") {
            node[field] = value.clone();
        }
        let list = match kind {
            Some("source") => &mut sources,
            Some("unit_test") => &mut unit_tests,
            _ => &mut plain,
        };
        list[id] = node;
    }
    let text = json!({
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "adapter_type": "duckdb",
        },
        "nodes": plain, "sources": sources, "unit_tests": unit_tests, "macros": {}, "exposures": {},
        "metrics": {}, "groups": {}, "disabled": {}, "parent_map": {}, "child_map": {}, "docs": {},
        "selectors": {}, "semantic_models": {}, "saved_queries": {}, "group_map": {},
    });
    Manifest::from_slice(text.to_string().as_bytes()).expect("a manifest")
}

fn ended(id: &str, kind: StateKind, name: &str) -> Effect {
    let task = TaskRun {
        id: Uuid::new_v5(&Uuid::nil(), id.as_bytes()),
        unique_id: id.to_owned(),
        dynamic_key: "run#1".to_owned(),
        name: id.to_owned(),
        start_time: Timestamp::UNIX_EPOCH,
        wait_for: Vec::new(),
        labels: BTreeMap::from([("dbt.materialized".to_owned(), "table".to_owned())]),
        earlier: None,
    };
    let failed = kind == StateKind::Failed;
    let end = NodeEnd {
        state: State {
            kind,
            name: name.to_owned(),
            message: None,
        },
        end_time: Timestamp::UNIX_EPOCH,
        result: NodeResult {
            unique_id: id.to_owned(),
            status: if failed { "error" } else { "success" }.into(),
            message: failed.then(|| "no such column".to_owned()),
            execution_time: Some(0.5),
            adapter_response: Some(json!({"_message": "OK", "rows_affected": 7})),
            ..NodeResult::default()
        },
    };
    Effect::NodeFinished(task, end)
}

fn completed(id: &str) -> Effect {
    ended(id, StateKind::Completed, "Completed")
}

/// The asset events of these effects.
fn events(assets: &mut Assets, effects: Vec<Effect>) -> Vec<AssetEvent> {
    let code = |path: &str| Some(format!("-- {path}"));
    let mut effects = effects;
    assets.follow(None, &code, &mut effects);
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Asset(event) => Some(event),
            _ => None,
        })
        .collect()
}

fn summaries(events: &[AssetEvent]) -> Vec<String> {
    events
        .iter()
        .map(|event| format!("{:?} {}", event.kind, event.asset.name))
        .collect()
}

fn assets(nodes: Value) -> Assets {
    Assets::new(&manifest(nodes), &AssetOptions::default())
}

fn shop() -> Value {
    json!({
        "source.shop.landing.visits": {"description": "At the door.", "meta": {"owner": ["Ann", 7, "Bo"]}},
        "source.shop.landing.nowhere": {"relation_name": null},
        "seed.shop.raw": {},
        "model.shop.between": {
            "config": {"materialized": "ephemeral"}, "relation_name": null,
            "depends_on": {"nodes": ["seed.shop.raw", "source.shop.landing.visits", "source.shop.landing.nowhere"]},
        },
        "model.shop.orders": {
            "description": "Orders.",
            "config": {"materialized": "table", "meta": {"owner": "Sales desk", "url": "https://shop.example"}},
            "depends_on": {"nodes": ["model.shop.between", "seed.shop.raw"]},
        },
        "snapshot.shop.history": {"depends_on": {"nodes": ["model.shop.orders", "seed.shop.raw"]}},
        "unit_test.shop.orders.adds_up": {"depends_on": {"nodes": ["model.shop.orders"]}},
        "test.shop.unique": {"depends_on": {"nodes": ["model.shop.orders"]}},
    })
}

#[test]
fn an_asset_refers_to_its_upstream_assets() {
    let mut assets = assets(shop());
    let effects = ["unit_test.shop.orders.adds_up", "model.shop.orders"].map(completed);
    insta::assert_json_snapshot!(events(&mut assets, effects.to_vec()));
    // Each upstream is reported once in a run.
    let rest = ["test.shop.unique", "snapshot.shop.history"].map(completed);
    let rest = events(&mut assets, rest.to_vec());
    assert_eq!(
        summaries(&rest),
        ["Referenced shop.main.orders", "Succeeded shop.main.history"]
    );
    assert_eq!(
        rest[1].upstream,
        ["duckdb://shop/main/orders", "duckdb://shop/main/raw"]
    );
}

#[test]
fn only_nodes_that_were_built_or_failed_have_asset_events() {
    let states = [
        (StateKind::Completed, "Warned", Some("Succeeded")),
        (StateKind::Completed, "Cached", None),
        (StateKind::Failed, "Failed", Some("Failed")),
        (StateKind::Cancelled, "Skipped", None),
        (StateKind::Cancelled, "Cancelled", None),
        (StateKind::Crashed, "Crashed", None),
    ];
    for (kind, name, expected) in states {
        let found = events(
            &mut assets(shop()),
            vec![ended("seed.shop.raw", kind, name)],
        );
        let expected: Vec<_> = expected
            .iter()
            .map(|kind| format!("{kind} shop.main.raw"))
            .collect();
        assert_eq!(summaries(&found), expected, "{name}");
        let error = found.first().and_then(|event| event.payload.get("error"));
        assert_eq!(error.is_some(), name == "Failed");
    }
    // Sources are read, not built, even where their freshness is a node of the run.
    let source = vec![completed("source.shop.landing.visits")];
    assert!(events(&mut assets(shop()), source).is_empty());
}

#[test]
fn a_project_can_disable_assets() {
    let off = json!({"prefect": {"enable_assets": false}});
    let on_after_all = json!({"prefect": {"enable_assets": true}, "meta": off});
    let mut assets = assets(json!({
        "seed.shop.by_config": {"config": off},
        "seed.shop.by_text": {"config": {"prefect": {"enable_assets": "False"}}},
        "seed.shop.by_config_meta": {"config": {"meta": off}},
        "seed.shop.by_meta": {"meta": off},
        "seed.shop.on_after_all": {"config": on_after_all},
        "source.shop.landing.off": {"config": off},
        "model.shop.orders": {"depends_on": {"nodes": [
            "seed.shop.by_config", "seed.shop.by_text", "seed.shop.by_config_meta", "seed.shop.by_meta",
            "seed.shop.on_after_all", "source.shop.landing.off",
        ]}},
    }));
    let effects = [
        "seed.shop.by_config",
        "seed.shop.by_meta",
        "model.shop.orders",
    ]
    .map(completed);
    assert_eq!(
        summaries(&events(&mut assets, effects.to_vec())),
        [
            "Referenced shop.main.on_after_all",
            "Succeeded shop.main.orders"
        ]
    );
}

#[test]
fn the_payload_is_dbts_node_info() {
    let line = json!({
        "info": {"name": "NodeFinished", "ts": "2026-01-01T00:00:00Z", "level": "debug", "msg": "", "invocation_id": ""},
        "data": {"node_info": {"unique_id": "seed.shop.raw", "meta": {"owner": "x"}, "node_checksum": "c"}},
    })
    .to_string();
    let Line::Event(event) = dbt_events::decode(&line) else {
        panic!("no event");
    };
    let mut effects = vec![completed("seed.shop.raw")];
    assets(shop()).follow(Some(&event), &|_| None, &mut effects);
    let Some(Effect::Asset(event)) = effects.pop() else {
        panic!("no asset");
    };
    assert_eq!(
        Value::from(event.payload),
        json!({
            "unique_id": "seed.shop.raw", "meta": {"owner": "x"}, "node_checksum": "c",
            "execution_time": 0.5, "rows_affected": 7,
        })
    );
}

#[test]
fn a_warning_about_long_compiled_code_appears_once() {
    let options = AssetOptions {
        include_compiled_code: true,
        key: None,
    };
    let mut assets = Assets::new(&manifest(shop()), &options);
    let effects = ["seed.shop.raw", "model.shop.orders"].map(completed);
    let found = events(&mut assets, effects.to_vec());
    assert_eq!(
        found
            .last()
            .and_then(|event| event.asset.description.as_deref()),
        Some("Orders.\n ### Compiled code\n```sql\n-- shop/models/orders.sql\n```")
    );
    assert_eq!(found[0].asset.description, None, "a seed has no code");
    assert!(assets.take_warnings().is_empty());

    let long = |_: &str| Some("x".repeat(3_000));
    for id in ["model.shop.orders", "snapshot.shop.history"] {
        assets.follow(None, &long, &mut vec![completed(id)]);
    }
    assert_eq!(assets.take_warnings().len(), 1);
}

#[test]
fn a_hook_can_choose_keys() {
    let hook = AssetKeyHook::new(|node, key| match &*node.name {
        "raw" => Some("s3://lake/raw.csv".to_owned()),
        "orders" => Some("not a key".to_owned()),
        "visits" => panic!("{key}"),
        _ => None,
    });
    let options = AssetOptions {
        include_compiled_code: false,
        key: Some(hook),
    };
    let mut assets = Assets::new(&manifest(shop()), &options);
    insta::assert_snapshot!(assets.take_warnings().join("\n"));
    let events = events(&mut assets, vec![completed("snapshot.shop.history")]);
    let last = events.last().expect("an event");
    assert_eq!(last.asset.key, "duckdb://shop/main/history");
    assert_eq!(
        last.upstream,
        ["duckdb://shop/main/orders", "s3://lake/raw.csv"]
    );
}

#[test]
fn a_chain_of_thousands_of_ephemeral_models_is_followed() {
    let mut nodes = json!({"seed.shop.raw": {}, "model.shop.end": {"depends_on": {"nodes": ["model.shop.e0"]}}});
    for index in 0..5_000 {
        let above = match index {
            4_999 => "seed.shop.raw".to_owned(),
            _ => format!("model.shop.e{}", index + 1),
        };
        nodes[format!("model.shop.e{index}")] = json!({
            "config": {"materialized": "ephemeral"}, "relation_name": null, "depends_on": {"nodes": [above]},
        });
    }
    let events = events(&mut assets(nodes), vec![completed("model.shop.end")]);
    assert_eq!(
        summaries(&events),
        ["Referenced shop.main.raw", "Succeeded shop.main.end"]
    );
}
