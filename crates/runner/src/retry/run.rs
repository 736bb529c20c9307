//! A run with its retries, as the command line starts it.

use std::sync::Arc;

use super::adopt_flow_run::adopt_flow_run;
use super::attempt_loop::Attempts;
use super::give_up::give_up;
use crate::dbt_retry::{NO_RECORD, plan};
use crate::hooks::{HookOptions, Hooks};
use crate::model::Stopper;
use crate::observe::Observer;
use crate::outcome::{Error, Outcome};
use crate::request::{Invocation, Request};

/// Runs dbt, calls hooks, and retries the run while it fails and may be retried. Returns the outcome of the last attempt.
/// If the process was started for a flow run, the parameters of that flow run change dbt's arguments.
///
/// # Errors
/// Those of the first attempt, see [`engine::run`](crate::engine::run). If a later attempt cannot start, the outcome of
/// the attempt before it stands.
pub(crate) async fn run(
    invocation: Invocation,
    observer: Arc<dyn Observer>,
    stopper: Stopper,
    hooks: &Hooks,
    options: HookOptions,
) -> Result<Outcome, Error> {
    let asked = resolve(invocation, &*observer).await?;
    let first = tokio::select! {
        biased;
        // The run ends as soon as it waits for its admission.
        _ = stopper.stopped() => Ok(without_reading(asked.clone())),
        first = adopt_flow_run(asked.clone(), &*observer) => first,
    };
    let first = match first {
        Ok(first) => first,
        Err(error) => {
            give_up(&asked, &error, &*observer).await;
            return Err(error);
        }
    };
    let original = whole_command(&first, asked);
    let strategy = original.retry.strategy.unwrap_or_default();
    let attempts = Attempts {
        hooks: hooks.clone(),
        options,
        observer,
        stopper,
    };
    let retry = |next: &super::attempt_loop::NextAttempt| {
        let plan = plan(strategy, next.previous.record.as_ref().ok_or(NO_RECORD));
        Ok(plan.request(&original, next.attempt.clone()))
    };
    attempts.run(first, retry).await
}

/// The request of an invocation. If it cannot be made, the flow run ends with the reason.
async fn resolve(invocation: Invocation, observer: &dyn Observer) -> Result<Request, Error> {
    match Request::from_env(invocation.clone()) {
        Ok(request) => {
            let mut request = request.with_key();
            request.adopt_default_retries();
            Ok(request)
        }
        Err(error) => {
            let error = error.into();
            let request = Request::resolved(invocation).with_key();
            give_up(&request, &error, observer).await;
            Err(error)
        }
    }
}

/// The first attempt with the whole command, from which every retry is planned.
fn whole_command(first: &Request, asked: Request) -> Request {
    let mut original = first.clone();
    if let Some(line) = &first.attempt.original {
        original = original.with_args(line.to_words());
        original.settings = asked.settings;
    }
    original
}

/// A request that starts without a look at its flow run.
fn without_reading(mut request: Request) -> Request {
    let flow = &mut request.flow;
    if flow.engine {
        flow.flow_run_id = flow.flow_run_id.or(flow.inherited);
    }
    request
}
