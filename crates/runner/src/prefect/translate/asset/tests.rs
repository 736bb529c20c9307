use jiff::Timestamp;
use serde_json::Map;
use uuid::Uuid;

use super::*;
use crate::model::{AssetProperties, TaskRef};
use crate::prefect::flow_run::context::tests::deployed_run;

fn built(upstream: usize) -> AssetEvent {
    AssetEvent {
        id: Uuid::from_u128(1),
        kind: AssetEventKind::Succeeded,
        at: Timestamp::UNIX_EPOCH,
        asset: AssetProperties {
            key: "duckdb://shop/main/orders".to_owned(),
            name: "shop.main.orders".to_owned(),
            description: Some("Orders.".to_owned()),
            owners: vec!["Ann".to_owned(), "Bo \"B.\"".to_owned()],
            url: Some("https://shop.example".to_owned()),
        },
        task: TaskRef {
            id: Uuid::from_u128(2),
            name: "model orders".to_owned(),
        },
        upstream: (0..upstream)
            .map(|index| format!("duckdb://shop/main/t{index}"))
            .collect(),
        payload: Map::from_iter([("node_status".to_owned(), json!("success"))]),
    }
}

#[test]
fn an_asset_that_was_built() {
    let event = asset(&deployed_run(), &built(1));
    assert!(event.validate().is_ok());
    insta::assert_json_snapshot!(event);
}

#[test]
fn an_asset_that_was_read() {
    let mut read = built(0);
    read.kind = AssetEventKind::Referenced;
    read.payload.clear();
    (read.asset.description, read.asset.url) = (None, None);
    read.asset.owners.clear();
    let event = asset(&deployed_run(), &read);
    assert!(event.validate().is_ok());
    insta::assert_json_snapshot!(event);
}

#[test]
fn upstream_assets_come_before_resources_of_the_run() {
    let roles = |event: &Event, role: &str| {
        let of_role = |resource: &&Resource| {
            resource
                .get("prefect.resource.role")
                .is_some_and(|r| r == role)
        };
        event.related.iter().filter(of_role).count()
    };
    for (upstream, assets, others, left_out) in [
        (5, 5, 4, None),
        (96, 96, 1, None),
        (97, 97, 0, None),
        (120, 97, 0, Some(23)),
    ] {
        let event = asset(&deployed_run(), &built(upstream));
        assert!(event.validate().is_ok());
        assert_eq!(roles(&event, "asset"), assets);
        assert_eq!(event.related.len(), assets + others + 3);
        assert_eq!(roles(&event, "flow-run") + roles(&event, "task-run"), 2);
        assert_eq!(roles(&event, "asset-materialized-by"), 1);
        assert_eq!(
            event.payload.get("upstream_left_out"),
            left_out.map(|n| json!(n)).as_ref()
        );
    }
}
