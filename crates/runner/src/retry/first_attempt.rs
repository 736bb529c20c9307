//! The first attempt of a flow run that exists already: who owns it, and its retries.

use prefect_client::{Client, FlowRun, FlowRunPatch};
use uuid::Uuid;

use crate::model::Ownership;
use crate::observe::Observer;
use crate::outcome::{Error, warn_of_wait};
use crate::prefect::delivery::Reporter;
use crate::prefect::flow_run::{
    ReportError, ownership_by_state, refuse_cancelled, retry_rules, wait_for_api,
};
use crate::request::{DeliveryLimits, FlowChoice, RetryOptions};

/// Reads a flow run, and makes it the one of `choice`. This process is its engine if `choice` says so, or if the flow run
/// waits to start. A Prefect API that is away is waited for.
///
/// # Errors
/// When the flow run cannot be read, or is ours and was cancelled.
pub(crate) async fn adopt(
    choice: &mut FlowChoice,
    id: Uuid,
    client: &Client,
    limits: DeliveryLimits,
    observer: &dyn Observer,
) -> Result<FlowRun, Error> {
    let limit = limits.for_engine().at_start();
    let run = wait_for_api(
        limit,
        || Reporter::read(client, id),
        ReportError::request,
        |error| warn_of_wait(observer, limit, error),
    );
    let run = run.await?;
    let state = run.state.as_ref().map(|state| state.kind);
    choice.engine |= ownership_by_state(state) == Ownership::Owned;
    choice.flow_run_id = Some(id);
    if choice.engine {
        refuse_cancelled(client, &run, Ownership::Owned).await?;
    }
    Ok(run)
}

/// Agrees with the server on the number of retries, and returns it. A number that the caller sets goes to the server, which
/// decides; else the server's own number counts.
pub(crate) async fn agree_on_retries(
    client: &Client,
    run: &FlowRun,
    retry: RetryOptions,
) -> Option<u32> {
    let rules = run.empirical_policy.as_ref();
    let Some(retries) = retry.retries else {
        return rules.and_then(|rules| rules.retries);
    };
    let mut patch = FlowRunPatch::default();
    patch.empirical_policy = Some(retry_rules(Some(retries), retry.delay));
    if let Err(error) = client.update_flow_run(run.id, &patch).await {
        tracing::warn!(%error, "cannot set the retries of the flow run, which keeps its own");
    }
    Some(retries)
}
