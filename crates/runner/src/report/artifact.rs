//! The run's summary, as an artifact of its flow run.

use prefect_client::{Client, Error, NewArtifact};
use uuid::Uuid;

use crate::effect::RunSummary;

/// Creates the artifact unless it is there: neither a request whose answer got lost nor a replay doubles it.
pub(super) async fn publish(
    client: &Client,
    flow_run_id: Uuid,
    summary: &RunSummary,
) -> Result<(), Error> {
    match client.read_latest_artifact(&summary.key).await {
        Ok(latest)
            if latest.flow_run_id == Some(flow_run_id)
                && latest.data.as_str() == Some(&summary.markdown) =>
        {
            return Ok(());
        }
        Err(error) if !error.is_not_found() => return Err(error),
        _ => {}
    }
    let artifact = NewArtifact::new("markdown", summary.markdown.clone().into())
        .with_key(&summary.key)
        .of_flow_run(flow_run_id);
    client.create_artifact(&artifact).await.map(drop)
}
