//! Runs dbt as a Prefect flow, with retries.

use std::sync::Arc;
use std::time::Duration;

use super::error::RunError;
use super::prefect_dbt_runner::PrefectDbtRunner;
use super::run_observer::RunObserver;
use crate::dbt_retry::{NO_RECORD, plan};
use crate::model::Stopper;
use crate::outcome::{Error, Outcome};
use crate::request::{Attempt, FlowChoice, FlowContext, Invocation, Request, RetryStrategy};
use crate::store::SavedAttempt;

/// A Prefect flow whose runs are runs of dbt.
///
/// ```no_run
/// use prefect_dbt::{Flow, FlowContext, Invocation, PrefectDbtRunner};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let runner = PrefectDbtRunner::builder().build()?;
/// Flow::new("nightly")
///     .tag("dbt")
///     .retries(2)
///     .run(&runner, |flow: FlowContext| match flow.run_count {
///         1 => Invocation::new(["build"]),
///         _ => Invocation::new(["retry"]),
///     })
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// In a process that was started for a flow run (`PREFECT__FLOW_RUN_ID` is set), dbt reports to that flow run: its states
/// are set if it is still pending, and are not changed if it is running. In any other process, a flow run is created if an
/// API is configured; if the API is not reachable, dbt runs without it.
#[must_use = "a flow runs with `run`"]
#[derive(Debug, Clone)]
pub struct Flow {
    pub(super) choice: FlowChoice,
    pub(super) retries: Option<u32>,
    pub(super) retry_delay: Option<Duration>,
    pub(super) retry_strategy: Option<RetryStrategy>,
    pub(super) stoppers: Vec<Stopper>,
    pub(super) handle_signals: Option<bool>,
}

impl Flow {
    /// A flow with this name.
    pub fn new(name: impl Into<String>) -> Self {
        let mut choice = FlowChoice::from_env();
        choice.flow_name = Some(name.into());
        Self {
            choice,
            retries: None,
            retry_delay: None,
            retry_strategy: None,
            stoppers: Vec::new(),
            handle_signals: None,
        }
    }

    /// Sets the maximum number of retries of a failed flow run. Default: the number that the deployment has.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }

    /// Sets the pause before a retry, in whole seconds. Default: none.
    pub fn retry_delay(mut self, delay: Duration) -> Self {
        self.retry_delay = Some(delay);
        self
    }

    /// Sets what a retry runs instead of what the closure of [`run`](Self::run) returns for it: `dbt retry` of the nodes that
    /// did not succeed, or the whole command. Default: what the closure returns.
    pub fn retry_strategy(mut self, strategy: RetryStrategy) -> Self {
        self.retry_strategy = Some(strategy);
        self
    }

    /// Sets the name of the flow run, if one is created. Default: two random words.
    pub fn flow_run_name(mut self, name: impl Into<String>) -> Self {
        self.choice.flow_run_name = Some(name.into());
        self
    }

    /// Adds a tag to the flow run, if one is created. Default: none.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.choice.tags.push(tag.into());
        self
    }

    /// Adds a stopper, which stops the flow from anywhere in the program. Default: that of the runner, if it has one.
    pub fn stopper(mut self, stopper: Stopper) -> Self {
        self.stoppers.push(stopper);
        self
    }

    /// Whether signals that end a process (SIGINT, SIGTERM, SIGQUIT, SIGHUP) stop the flow instead, as on the command line: at
    /// Ctrl-C the flow run ends Cancelled. They do not end the process any more, not even after the flow. Default: false.
    pub fn handle_signals(mut self, handle: bool) -> Self {
        self.handle_signals = Some(handle);
        self
    }

    /// Runs the flow. `invocation` is called before each attempt and returns what dbt runs; [`FlowContext::run_count`] is the
    /// number of the attempt.
    ///
    /// `dbt retry` after a failed attempt gets the saved state of that attempt, which the target folder may not hold any
    /// more. If the future is dropped, dbt is stopped and the flow run ends Cancelled, in the background while the async
    /// runtime lives.
    ///
    /// # Errors
    /// Those of [`PrefectDbtRunner::invoke`] for the last attempt that started, and when the flow run that the process was
    /// started for cannot be read.
    pub async fn run<I: Into<Invocation>>(
        mut self,
        runner: &PrefectDbtRunner,
        mut invocation: impl FnMut(FlowContext) -> I,
    ) -> Result<Outcome, RunError> {
        let observer = runner.observer();
        let outcome = self.run_shown(runner, &observer, &mut invocation).await;
        observer.show_end(outcome.as_ref().ok()).await;
        RunError::check(outcome?)
    }

    /// The same without the end of what is shown.
    async fn run_shown<I: Into<Invocation>>(
        &mut self,
        runner: &PrefectDbtRunner,
        observer: &Arc<RunObserver>,
        invocation: &mut impl FnMut(FlowContext) -> I,
    ) -> Result<Outcome, Error> {
        let stopper = Stopper::new();
        let _stops = self.stops(runner).forward(&stopper);
        let context = self.begin((runner, observer), &stopper).await?;
        let first = Attempt {
            number: context.run_count,
            ..Attempt::default()
        };
        let returned = invocation(context.clone()).into();
        let first = match self.request(runner, returned.clone(), context.clone(), first) {
            Ok(first) => first,
            Err(error) => {
                self.give_up((runner, observer), returned, &error).await;
                return Err(error);
            }
        };
        let attempts = runner.attempts(observer, stopper);
        let outcome = attempts.run(first, |next| {
            let mut context = context.clone();
            context.run_count = next.attempt.number;
            context.flow_run_id = context.flow_run_id.or(next.flow_run_id);
            let returned = invocation(context.clone()).into();
            let returned = self.request(runner, returned, context, next.attempt.clone())?;
            Ok(planned(returned, next.previous.record.as_ref()))
        });
        outcome.await
    }

    /// The request of an attempt.
    fn request(
        &self,
        runner: &PrefectDbtRunner,
        invocation: Invocation,
        context: FlowContext,
        attempt: Attempt,
    ) -> Result<Request, Error> {
        let mut stops = invocation.options.stop_sources();
        stops.signals &= !self.stops(runner).signals;
        let mut request = Request::from_env(self.options_of(runner, invocation))?;
        // What stops the flow stops each attempt.
        request.stops = stops;
        if self.choice.engine {
            request.delivery = request.delivery.for_engine();
        }
        request.context = Some(context);
        request.attempt = attempt;
        Ok(request)
    }
}

/// What a retry runs: what the closure returned, or, with a retry strategy, what the strategy makes of it.
fn planned(returned: Request, previous: Option<&SavedAttempt>) -> Request {
    match returned.retry.strategy {
        Some(strategy) => {
            plan(strategy, previous.ok_or(NO_RECORD)).request(&returned, returned.attempt.clone())
        }
        None => returned,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::store::{AttemptRecord, AttemptRecords};

    /// The request of an attempt of `flow`, whose closure returns `invocation`.
    fn attempt(flow: &Flow, invocation: Invocation, number: u32) -> Request {
        let runner = PrefectDbtRunner::builder().without_prefect().build();
        let mut context = FlowContext::new(None, None);
        context.run_count = number;
        let attempt = Attempt {
            number,
            ..Attempt::default()
        };
        flow.request(&runner.unwrap(), invocation, context, attempt)
            .unwrap()
    }

    fn args_of_retry(flow: &Flow, invocation: Invocation) -> String {
        let dir = tempfile::tempdir().unwrap();
        let records = AttemptRecords::beside(dir.path());
        let record = records.save(AttemptRecord::failed(&["model.a.b"]), Some(&Value::Null));
        let returned = attempt(flow, invocation, 2);
        let next = planned(returned, Some(&record.unwrap()));
        assert_eq!(next.attempt.number, 2);
        next.line.to_words()[..2].join(" ")
    }

    fn build() -> Invocation {
        Invocation::new(["build", "-x"])
    }

    #[test]
    fn a_retry_runs_what_the_closure_returns_or_what_the_strategy_plans() {
        let flow = Flow::new("nightly");
        assert_eq!(args_of_retry(&flow, build()), "build -x");
        let flow = flow.retry_strategy(RetryStrategy::DbtRetry);
        assert_eq!(args_of_retry(&flow, build()), "retry --state");
        let flow = flow.retry_strategy(RetryStrategy::Full);
        assert_eq!(args_of_retry(&flow, build()), "build -x");
    }

    #[test]
    fn options_of_the_invocation_beat_those_of_the_flow() {
        let flow = Flow::new("nightly")
            .retries(1)
            .retry_strategy(RetryStrategy::Full);
        let mut invocation = build();
        invocation.options.retry_strategy = Some(RetryStrategy::Auto);
        assert_eq!(args_of_retry(&flow, invocation.clone()), "retry --state");
        invocation.options.retries = Some(0);
        assert_eq!(attempt(&flow, invocation, 1).retry.retries, Some(0));
        assert_eq!(attempt(&flow, build(), 1).retry.retries, Some(1));
    }
}
