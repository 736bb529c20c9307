//! Events of assets, from which Prefect shows lineage.

use prefect_client::{Event, Resource};
use serde_json::json;

use super::task_run_events::to_microseconds;
use crate::model::{AssetEvent, AssetEventKind};
use crate::prefect::flow_run::RunContext;

/// Most related resources of an event.
const MOST_RELATED: usize = 100;

/// The event of an asset. If there are too many related resources, those of the flow run are omitted first, then the last of the
/// upstream assets. The payload has the number of omitted upstream assets.
pub(crate) fn asset(context: &RunContext, event: &AssetEvent) -> Event {
    let name = match event.kind {
        AssetEventKind::Referenced => "prefect.asset.referenced",
        AssetEventKind::Succeeded => "prefect.asset.materialization.succeeded",
        AssetEventKind::Failed => "prefect.asset.materialization.failed",
    };
    let mut sent = Event::new(event.id, to_microseconds(event.at), name, resource(event));
    let mut payload = event.payload.clone();
    let task_run = Resource::from([
        label("id", format!("prefect.task-run.{}", event.task.id)),
        label("role", "task-run"),
        label("name", event.task.name.as_str()),
    ]);
    let mut of_run = context.related_to_task_run().into_iter();
    sent.related = of_run.next().into_iter().chain([task_run]).collect();
    if event.kind != AssetEventKind::Referenced {
        sent.related.push(related("asset-materialized-by", "dbt"));
    }
    let room = MOST_RELATED - sent.related.len();
    let upstream = event.upstream.iter().take(room);
    sent.related
        .extend(upstream.map(|key| related("asset", key)));
    if event.upstream.len() > room {
        let left_out = event.upstream.len() - room;
        payload.insert("upstream_left_out".to_owned(), json!(left_out));
    }
    let room = MOST_RELATED - sent.related.len();
    sent.related.extend(of_run.take(room));
    sent.payload = payload.into();
    sent
}

fn resource(event: &AssetEvent) -> Resource {
    let asset = &event.asset;
    let owners = (!asset.owners.is_empty()).then(|| json!(asset.owners).to_string());
    let properties = [
        ("description", asset.description.clone()),
        ("url", asset.url.clone()),
        // A label is a string, so a list is JSON in it.
        ("owners", owners),
    ];
    let mut resource = Resource::from([
        label("id", asset.key.as_str()),
        label("name", asset.name.as_str()),
    ]);
    for (name, value) in properties {
        resource.extend(value.map(|value| (format!("prefect.asset.{name}"), value)));
    }
    resource
}

fn related(role: &str, id: &str) -> Resource {
    Resource::from([label("id", id), label("role", role)])
}

fn label(name: &str, value: impl Into<String>) -> (String, String) {
    (format!("prefect.resource.{name}"), value.into())
}

#[cfg(test)]
mod tests;
