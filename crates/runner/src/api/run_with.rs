//! A flow whose code invokes dbt any number of times, in one flow run.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::error::RunError;
use super::flow::Flow;
use super::prefect_dbt_runner::PrefectDbtRunner;
use super::run_observer::RunObserver;
use super::running_flow::{Done, RunningFlow};
use crate::engine::{FlowEnd, SharedFlowRun};
use crate::model::Stopper;
use crate::outcome::{Error, Outcome};
use crate::prefect::lock::Locks;
use crate::request::{FlowContext, Invocation, Request, RunningCode};
use crate::retry::{Decision, RetryPolicy};

/// How long the code of a flow may go on after a stop, beside the invocations that are being stopped.
const STOP_GRACE: Duration = Duration::from_secs(1);

impl Flow {
    /// Runs a flow of several invocations: `code` calls [`FlowContext::invoke`] for each. They share one flow run, in which
    /// each has its own task runs; a node has edges to the upstream nodes that succeeded in earlier invocations. The flow run
    /// ends Completed if the code returns `Ok`, and Failed with the error otherwise. If it fails and has retries, all of the
    /// code runs again, with the next [`run_count`](FlowContext::run_count).
    ///
    /// ```no_run
    /// use prefect_dbt::{Flow, FlowContext, PrefectDbtRunner};
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let runner = PrefectDbtRunner::builder().build()?;
    /// Flow::new("nightly")
    ///     .retries(2)
    ///     .handle_signals(true)
    ///     .run_with(&runner, async |flow: FlowContext| {
    ///         flow.invoke(["seed"]).await?;
    ///         flow.invoke(["run"]).await?;
    ///         flow.invoke(["test"]).await
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// With a [`retry_strategy`](Self::retry_strategy), a retry plans an invocation that failed before: it runs `dbt retry` of
    /// the nodes that did not succeed. Without one, each invocation runs what the code says.
    ///
    /// After a stop, the invocation that runs is stopped, later ones end before dbt starts, and the code has a second to
    /// return; then it is dropped. If the future is dropped, dbt is stopped and the flow run ends Cancelled, in the background
    /// while the async runtime lives.
    ///
    /// # Errors
    /// Those of the code in the last attempt, and when the flow run that the process was started for cannot be read.
    pub async fn run_with<T>(
        mut self,
        runner: &PrefectDbtRunner,
        mut code: impl AsyncFnMut(FlowContext) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let observer = runner.observer();
        let locks = Locks::default();
        let result = self
            .run_code_shown((runner, &observer), &locks, &mut code)
            .await;
        locks.release().await;
        observer.show_end(None).await;
        result
    }

    /// The same without the end of what is shown.
    async fn run_code_shown<T>(
        &mut self,
        (runner, observer): (&PrefectDbtRunner, &Arc<RunObserver>),
        locks: &Locks,
        code: &mut impl AsyncFnMut(FlowContext) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let stopper = Stopper::new();
        let _stops = self.stops(runner).forward(&stopper);
        let mut context = self.begin((runner, observer), &stopper).await?;
        let mut request = self.request_of_all((runner, observer), &context).await?;
        request.interpreter = request.interpreter.for_several();
        request.locks = locks.clone();
        let policy = Arc::new(RetryPolicy::of(&request));
        let attempts = runner.attempts(observer, stopper.clone());
        let mut done = Done::default();
        loop {
            let watched = Arc::clone(observer) as _;
            let open = SharedFlowRun::open(request.clone(), watched, stopper.clone());
            let open = match open.await {
                Ok(open) => open,
                Err(error) => {
                    attempts.give_up(&request, &error).await;
                    return Err(error.into());
                }
            };
            let invokes = (runner, observer);
            let shared = open.shared();
            let running = RunningFlow::new(self, invokes, &stopper, &request, shared, done);
            let running = Arc::new(running);
            context.running = RunningCode(Some(Arc::clone(&running) as _));
            let result = run_code(code(context.clone()), &running, &stopper).await;
            done = running.finish();
            let outcome = attempts.in_background(open.end(end_of(&result))).await?;
            let next = match attempts.after(&policy, &request, outcome).await? {
                Decision::Done(outcome) => {
                    outcome.journal_hold.release();
                    return result;
                }
                Decision::Retry(next) => *next,
            };
            context.run_count = next.attempt.number;
            context.flow_run_id = context.flow_run_id.or(next.flow_run_id);
            request.attempt = next.attempt.clone();
            request = next.applied_to(request);
        }
    }

    /// The request that stands for all invocations of the flow.
    async fn request_of_all(
        &self,
        (runner, observer): (&PrefectDbtRunner, &RunObserver),
        context: &FlowContext,
    ) -> Result<Request, Error> {
        let request = Request::from_env(self.options_of(runner, Invocation::default()));
        let mut request = match request {
            Ok(request) => request.with_key(),
            Err(error) => {
                let error = error.into();
                self.give_up((runner, observer), Invocation::default(), &error)
                    .await;
                return Err(error);
            }
        };
        request.attempt.number = context.run_count;
        if self.choice.engine {
            request.delivery = request.delivery.for_engine();
        }
        Ok(request)
    }
}

/// The result of the code of a flow, or the error of a code that does not return after a stop.
async fn run_code<T>(
    code: impl Future<Output = Result<T, RunError>>,
    running: &RunningFlow,
    stopper: &Stopper,
) -> Result<T, RunError> {
    let mut active = running.active();
    let is_stuck = async {
        let cause = stopper.stopped().await;
        loop {
            // Never an error: `running` keeps the sender.
            let _ = active.wait_for(|active| *active == 0).await;
            let goes_on = timeout(STOP_GRACE, active.wait_for(|active| *active > 0)).await;
            if goes_on.is_err() {
                return cause;
            }
        }
    };
    tokio::select! {
        biased;
        result = code => result,
        cause = is_stuck => Err(Error::Stopped(cause).into()),
    }
}

/// The end of the flow run, by the result of its code.
fn end_of<T>(result: &Result<T, RunError>) -> FlowEnd {
    match result {
        Ok(_) => FlowEnd::completed(),
        Err(error) => {
            let end = FlowEnd::failed(error.message(), error.exit_code());
            match error
                .outcome()
                .map(|outcome: &Outcome| outcome.state.clone())
            {
                Some(state) => FlowEnd { state, ..end },
                None => end,
            }
        }
    }
}
