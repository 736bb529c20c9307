//! The one loop over the attempts of a flow run.

use std::sync::Arc;

use uuid::Uuid;

use super::give_up::give_up;
use super::in_background::in_background;
use super::policy::{Decision, RetryPolicy};
use crate::hooks::{self, HookOptions, Hooks};
use crate::model::{StopCause, Stopper, error_chain};
use crate::observe::Observer;
use crate::outcome::{Error, Outcome};
use crate::prefect::flow_run::ReportError;
use crate::request::{Attempt, Request};

/// What every attempt of a flow run shares.
#[derive(Clone)]
pub(crate) struct Attempts {
    pub(crate) hooks: Hooks,
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

impl Attempts {
    /// Runs `first`, and while it fails and may be retried, what `retry` returns. Returns the last outcome. If this future is
    /// dropped, the attempt that runs, or the wait for the next one, is stopped and ends in the background.
    ///
    /// # Errors
    /// When the first attempt cannot start. If a later one cannot, the outcome of the attempt before it stands.
    pub(crate) async fn run(
        self,
        first: Request,
        retry: impl FnMut(&NextAttempt) -> Result<Request, Error>,
    ) -> Result<Outcome, Error> {
        let locks = first.locks.clone();
        let result = self.run_all(first, retry).await;
        locks.release().await;
        result
    }

    /// The same without the end of the database lock, which all attempts share.
    async fn run_all(
        self,
        first: Request,
        mut retry: impl FnMut(&NextAttempt) -> Result<Request, Error>,
    ) -> Result<Outcome, Error> {
        let mut request = first.with_key();
        let locks = request.locks.clone();
        let policy = Arc::new(RetryPolicy::of(&request));
        let interpreter = request.interpreter.for_several();
        let mut previous = None;
        loop {
            let attempt = self
                .clone()
                .attempt(request.clone(), Arc::clone(&policy), previous);
            let next = match in_background(&self.stopper, Box::pin(attempt)).await? {
                Decision::Done(outcome) => {
                    outcome.journal_hold.release();
                    return Ok(*outcome);
                }
                Decision::Retry(next) => *next,
            };
            match retry(&next) {
                Ok(planned) => {
                    request = next.applied_to(planned);
                    request.interpreter = interpreter.clone();
                    request.locks = locks.clone();
                }
                Err(error) => {
                    return self
                        .cannot_start(&request, error, Some(next.previous))
                        .await;
                }
            }
            previous = Some(next.previous);
        }
    }

    /// Runs dbt once, in a flow run that exists. If this future is dropped, the run is stopped and ends in the background.
    ///
    /// # Errors
    /// When dbt cannot start.
    pub(crate) async fn run_once(self, request: Request) -> Result<Outcome, Error> {
        let stopper = self.stopper.clone();
        let run = async move {
            let _stops = request.stops.forward(&self.stopper);
            match self.invoke(&request).await {
                Ok(outcome) => Ok(outcome),
                Err(error) => self.cannot_start(&request, error, None).await,
            }
        };
        in_background(&stopper, Box::pin(run)).await
    }

    /// Does work that ends a run. If this future is dropped, the run is stopped and the work goes on in the background.
    ///
    /// # Errors
    /// Those of the work.
    pub(crate) async fn in_background<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        in_background(&self.stopper, Box::pin(work)).await
    }

    /// Decides what follows an attempt, see [`RetryPolicy::after`].
    ///
    /// # Errors
    /// When the runtime is shut down.
    pub(crate) async fn after(
        &self,
        policy: &Arc<RetryPolicy>,
        ran: &Request,
        outcome: Outcome,
    ) -> Result<Decision, Error> {
        let (all, policy, ran) = (self.clone(), Arc::clone(policy), ran.clone());
        let decide = async move {
            Ok(policy
                .after(&ran, outcome, &*all.observer, &all.stopper)
                .await)
        };
        self.in_background(decide).await
    }

    /// Ends the flow run of a run that cannot start.
    pub(crate) async fn give_up(&self, request: &Request, error: &Error) {
        give_up(request, error, &*self.observer).await;
    }

    /// Runs an attempt, and decides what follows it.
    async fn attempt(
        self,
        request: Request,
        policy: Arc<RetryPolicy>,
        previous: Option<Outcome>,
    ) -> Result<Decision, Error> {
        let _stops = request.stops.forward(&self.stopper);
        match self.invoke(&request).await {
            Ok(outcome) => {
                let decision = policy.after(&request, outcome, &*self.observer, &self.stopper);
                Ok(decision.await)
            }
            Err(error) => {
                let outcome = self.cannot_start(&request, error, previous).await?;
                Ok(Decision::Done(Box::new(outcome)))
            }
        }
    }

    async fn invoke(&self, request: &Request) -> Result<Outcome, Error> {
        hooks::run(
            request.clone(),
            Arc::clone(&self.observer),
            self.stopper.clone(),
            &self.hooks,
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
    pub(crate) fn applied_to(&self, mut request: Request) -> Request {
        if let Some(id) = self.flow_run_id {
            request.flow.engine = true;
            request.flow.flow_run_id = Some(id);
        }
        request
    }
}
