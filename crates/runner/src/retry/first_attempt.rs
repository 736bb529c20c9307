//! The first attempt of a flow run that exists already: its parameters, its retries, and its earlier attempts.

use prefect_client::{Client, FlowRun, FlowRunPatch};
use uuid::Uuid;

use super::last_attempt::last_attempt;
use crate::dbt_retry::plan;
use crate::model::Ownership;
use crate::observe::Observer;
use crate::outcome::{Error, warn_of_wait};
use crate::parameters::apply;
use crate::prefect::delivery::Reporter;
use crate::prefect::flow_run::{
    ReportError, ownership_by_state, refuse_cancelled, retry_rules, wait_for_api,
};
use crate::request::{Attempt, DeliveryLimits, FlowChoice, FlowContext, Request, RetryOptions};

/// Reads the flow run that a request is the engine of. Its parameters change dbt's arguments, its policy says how often it
/// is retried, and an attempt that ran before in another process is continued. Other requests stay as they are.
///
/// # Errors
/// When the flow run cannot be read, or its parameters are wrong.
pub(super) async fn adopt_flow_run(
    mut request: Request,
    observer: &dyn Observer,
) -> Result<Request, Error> {
    let choice = &request.flow;
    let id = match (choice.engine, choice.flow_run_id, choice.inherited) {
        (true, named, inherited) => named.or(inherited),
        (false, None, inherited) => inherited,
        (false, Some(_), _) => None,
    };
    let (Some(id), Some(client)) = (id.filter(|_| !choice.declined), request.client.clone()) else {
        return Ok(request);
    };
    let run = adopt(&mut request.flow, id, &client, request.delivery, observer).await?;
    request.context = Some(FlowContext::of(&run, request.flow.engine));
    if !request.flow.engine {
        return Ok(request);
    }
    request.delivery = request.delivery.for_engine();
    request.retry.retries = agree_on_retries(&client, &run, request.retry).await;
    let args = apply(&request.args, &run.parameters)?;
    request = request.with_args(args);
    if run.run_count > 0 {
        request = continued(&request, &client, &run).await?;
    }
    Ok(request)
}

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

/// The request as the next attempt of a flow run that ran before, from what is known of the last attempt.
async fn continued(request: &Request, client: &Client, run: &FlowRun) -> Result<Request, Error> {
    let last = last_attempt(request, client, run).await?;
    let last = last.as_ref().map_err(String::as_str);
    let attempt = Attempt {
        number: run.run_count + 1,
        ..Attempt::default()
    };
    let strategy = request.retry.strategy.unwrap_or_default();
    Ok(plan(strategy, last).request(request, attempt))
}
