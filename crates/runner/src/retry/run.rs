//! A run with its repetitions.

use std::sync::Arc;

use super::attempts::{Next, Series};
use super::first_attempt::{begin, give_up};
use crate::dbt_retry::plan;
use crate::hooks;
use crate::hooks::{HookOptions, Hooks};
use crate::model::{StopCause, Stopper};
use crate::observe::Observer;
use crate::outcome::{Error, Outcome};
use crate::prefect::flow_run::ReportError;
use crate::request::Invocation;

/// Runs dbt, calls hooks, and repeats the run as long as it fails and may be repeated. Gives what the last attempt came
/// to. Where the process was started for a flow run, that run's parameters change dbt's arguments.
///
/// # Errors
/// Those of [`engine::run`](crate::engine::run) at the first attempt; later ones leave the outcome of the one before.
pub async fn run(
    invocation: Invocation,
    observer: Arc<dyn Observer>,
    stopper: Stopper,
    hooks: &Hooks,
    options: HookOptions,
) -> Result<Outcome, Error> {
    let asked = invocation.clone();
    let first = tokio::select! {
        biased;
        // It ends as soon as it looks for its turn.
        _ = stopper.stopped() => Ok(unasked(asked.clone())),
        first = begin(invocation) => first,
    };
    let first = match first {
        Ok(first) => first,
        Err(error) => {
            give_up(&asked, &error, &*observer).await;
            return Err(error);
        }
    };
    // What is planned anew each time is planned from the whole command.
    let mut original = first.clone();
    if let Some(line) = &first.attempt.original {
        original.args = line.to_words();
        original.settings = asked.settings;
    }
    let mut series = Series::of(&first);
    let mut attempt = first;
    let mut before: Option<Outcome> = None;
    loop {
        let number = attempt.attempt.number;
        let ran = hooks::run(
            attempt.clone(),
            Arc::clone(&observer),
            stopper.clone(),
            hooks,
            options.clone(),
        );
        let outcome = match (ran.await, before.take()) {
            (Ok(outcome), _) => outcome,
            (Err(error), None) => {
                give_up(&attempt, &error, &*observer).await;
                return Err(error);
            }
            (Err(error), Some(mut before)) => {
                observer.on_warning(&format!("attempt {number} could not be made: {error}"));
                give_up(&attempt, &error, &*observer).await;
                if let Error::Report(ReportError::Cancelled { .. }) = error {
                    before.state = StopCause::Cancel.state();
                    before.exit_code = StopCause::Cancel.exit_code();
                }
                return Ok(before);
            }
        };
        match series.next(&attempt, outcome, &*observer, &stopper).await {
            Next::Over(outcome) => return Ok(*outcome),
            Next::Again(again) => {
                let plan = plan(original.retry_strategy, again.before.record.as_ref());
                attempt = plan.invocation(&original, again.attempt);
                if let Some(id) = again.flow_run_id {
                    attempt.flow.engine = true;
                    attempt.flow.flow_run_id = Some(id);
                }
                before = Some(again.before);
            }
        }
    }
}

/// An invocation that begins without a look at its flow run.
fn unasked(mut invocation: Invocation) -> Invocation {
    let flow = &mut invocation.flow;
    flow.flow_run_id = match flow.engine {
        true => flow.flow_run_id.or(flow.inherited),
        false => flow.flow_run_id,
    };
    invocation
}
