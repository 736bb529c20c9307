//! The run's summary, as an artifact of its flow run.

use prefect_client::{Client, Error, NewArtifact};
use uuid::Uuid;

use crate::model::RunSummary;

/// Creates the artifact. A repetition first looks whether it exists: perhaps only the response was lost.
pub(super) async fn publish(
    client: &Client,
    flow_run_id: Uuid,
    summary: &RunSummary,
    is_repetition: bool,
) -> Result<(), Error> {
    if is_repetition && exists(client, flow_run_id, summary).await? {
        return Ok(());
    }
    let artifact = NewArtifact::new("markdown", summary.markdown.clone().into())
        .with_key(&summary.key)
        .of_flow_run(flow_run_id);
    client.create_artifact(&artifact).await.map(drop)
}

async fn exists(client: &Client, flow_run_id: Uuid, summary: &RunSummary) -> Result<bool, Error> {
    let artifacts = client.filter_artifacts(flow_run_id, &summary.key).await?;
    let mut texts = artifacts.iter().map(|found| found.data.as_str());
    Ok(texts.any(|text| text == Some(&summary.markdown)))
}
