//! The one loop over the attempts of a flow run.

use std::sync::Arc;

use uuid::Uuid;

use super::give_up::give_up;
use super::policy::{Decision, RetryPolicy};
use crate::hooks::{self, HookOptions, Hooks};
use crate::model::{StopCause, Stopper, error_chain};
use crate::observe::Observer;
use crate::outcome::{Error, Outcome};
use crate::prefect::flow_run::ReportError;
use crate::request::{Attempt, Request};

/// What every attempt of a flow run shares.
pub(crate) struct Attempts<'a> {
    pub(crate) hooks: &'a Hooks,
    pub(crate) options: HookOptions,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) stopper: Stopper,
}

/// An attempt that follows a failed one.
#[derive(Debug)]
pub(crate) struct NextAttempt {
    pub(crate) attempt: Attempt,
    /// The flow run, if this process is its engine.
    pub(crate) flow_run_id: Option<Uuid>,
    /// The outcome of the failed attempt.
    pub(crate) previous: Outcome,
}

impl Attempts<'_> {
    /// Runs `first`, and while it fails and may be retried, what `retry` returns. Returns the last outcome.
    ///
    /// # Errors
    /// When the first attempt cannot start. If a later one cannot, the outcome of the attempt before it stands.
    pub(crate) async fn run(
        self,
        first: Request,
        mut retry: impl FnMut(&NextAttempt) -> Result<Request, Error>,
    ) -> Result<Outcome, Error> {
        let mut request = first.with_key();
        let policy = RetryPolicy::of(&request);
        let mut previous = None;
        loop {
            let outcome = match self.attempt(&request).await {
                Ok(outcome) => outcome,
                Err(error) => return self.cannot_start(&request, error, previous).await,
            };
            let decision = policy.after(&request, outcome, &*self.observer, &self.stopper);
            let next = match decision.await {
                Decision::Done(outcome) => {
                    outcome.journal_hold.release();
                    return Ok(*outcome);
                }
                Decision::Retry(next) => *next,
            };
            match retry(&next) {
                Ok(planned) => request = next.applied_to(planned),
                Err(error) => {
                    return self
                        .cannot_start(&request, error, Some(next.previous))
                        .await;
                }
            }
            previous = Some(next.previous);
        }
    }

    async fn attempt(&self, request: &Request) -> Result<Outcome, Error> {
        hooks::run(
            request.clone(),
            Arc::clone(&self.observer),
            self.stopper.clone(),
            self.hooks,
            self.options.clone(),
        )
        .await
    }

    /// Ends the flow run of an attempt that could not start.
    async fn cannot_start(
        &self,
        request: &Request,
        error: Error,
        previous: Option<Outcome>,
    ) -> Result<Outcome, Error> {
        let Some(mut previous) = previous else {
            give_up(request, &error, &*self.observer).await;
            return Err(error);
        };
        previous.journal_hold.release();
        self.observer.on_warning(&format!(
            "cannot start attempt {}: {}",
            request.attempt.number,
            error_chain(&error)
        ));
        give_up(request, &error, &*self.observer).await;
        if let Error::Report(ReportError::Cancelled { .. }) = error {
            previous.state = StopCause::Cancel.state();
            previous.exit_code = StopCause::Cancel.exit_code();
        }
        Ok(previous)
    }
}

impl NextAttempt {
    /// A request as this attempt: with its number, and as the engine of the flow run that the first attempt created.
    fn applied_to(&self, mut request: Request) -> Request {
        if let Some(id) = self.flow_run_id {
            request.flow.engine = true;
            request.flow.flow_run_id = Some(id);
        }
        request
    }
}
