//! The first attempt of the flow run that this process was started for: its parameters, its retries, and its earlier attempts.

use prefect_client::{Client, FlowRun};

use super::first_attempt::{adopt, agree_on_retries};
use super::last_attempt::last_attempt;
use crate::dbt_retry::plan;
use crate::observe::Observer;
use crate::outcome::Error;
use crate::parameters::apply;
use crate::request::{Attempt, FlowContext, Request};

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
