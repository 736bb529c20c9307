//! Flows: runs of dbt that are flow runs.

use std::time::Duration;

use serde_json::Map;

use super::error::RunError;
use super::prefect_dbt_runner::PrefectDbtRunner;
use crate::dbt_retry::plan;
use crate::model::Stopper;
use crate::outcome::{Error, Outcome};
use crate::request::{
    Attempt, FlowChoice, FlowContext, Invocation, Request, RetryOptions, RetryStrategy,
};
use crate::retry::agree_on_retries;

/// A flow, each run of which is a run of dbt.
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
/// In a process that was started for a flow run (`PREFECT__FLOW_RUN_ID` is set) the flow is that flow run. Its states are
/// set if it is still pending, and left alone if it is running. In any other process a flow run is created if an API is
/// configured; if the API cannot be reached, dbt runs nevertheless.
#[must_use = "a flow runs with `run`"]
#[derive(Debug, Clone)]
pub struct Flow {
    choice: FlowChoice,
    retries: Option<u32>,
    retry_delay: Option<Duration>,
    retry_strategy: Option<RetryStrategy>,
    /// Whether the process was started for a flow run that has not begun.
    is_engine: bool,
}

impl Flow {
    /// A flow of that name.
    pub fn new(name: impl Into<String>) -> Self {
        let mut choice = FlowChoice::from_env();
        choice.flow_name = Some(name.into());
        Self {
            choice,
            retries: None,
            retry_delay: None,
            retry_strategy: None,
            is_engine: false,
        }
    }

    /// The maximum number of retries of a failed flow run. Default: that of its deployment.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }

    /// The pause before a retry, in whole seconds. Default: none.
    pub fn retry_delay(mut self, delay: Duration) -> Self {
        self.retry_delay = Some(delay);
        self
    }

    /// What a retry runs, given what the closure of [`run`](Self::run) returns for it. Default: exactly that.
    pub fn retry_strategy(mut self, strategy: RetryStrategy) -> Self {
        self.retry_strategy = Some(strategy);
        self
    }

    /// A name for the flow run, if one is created. Default: two words.
    pub fn flow_run_name(mut self, name: impl Into<String>) -> Self {
        self.choice.flow_run_name = Some(name.into());
        self
    }

    /// A tag of the flow run, if one is created.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.choice.tags.push(tag.into());
        self
    }

    /// Runs the flow. Before each attempt, `invocation` returns what dbt is to run; [`FlowContext::run_count`] is the number
    /// of the attempt.
    ///
    /// A `retry` after a failed attempt gets the state of that attempt, which `dbt retry` alone may have lost.
    ///
    /// # Errors
    /// Those of [`PrefectDbtRunner::invoke`] at the last attempt that started, and when the flow run that the process was
    /// started for cannot be read.
    pub async fn run<I: Into<Invocation>>(
        mut self,
        runner: &PrefectDbtRunner,
        mut invocation: impl FnMut(FlowContext) -> I,
    ) -> Result<Outcome, RunError> {
        let context = self.context(runner).await?;
        let mut request = |context: FlowContext, attempt: Attempt| {
            let wanted = invocation(context.clone()).into();
            self.request(runner, wanted, context, attempt)
        };
        let first = Attempt {
            number: context.run_count,
            ..Attempt::default()
        };
        let first = request(context.clone(), first)?;
        let attempts = runner.attempts(Stopper::default());
        let outcome = attempts.run(first, |next| {
            let mut context = context.clone();
            context.run_count = next.attempt.number;
            context.flow_run_id = context.flow_run_id.or(next.flow_run_id);
            let wanted = request(context, next.attempt.clone())?;
            Ok(match wanted.retry.strategy {
                Some(strategy) => plan(strategy, next.previous.record.as_ref())
                    .request(&wanted, next.attempt.clone()),
                None => wanted,
            })
        });
        RunError::check(outcome.await?)
    }

    /// One attempt of the flow. The invocation's own options beat those of the flow.
    fn request(
        &self,
        runner: &PrefectDbtRunner,
        mut wanted: Invocation,
        context: FlowContext,
        attempt: Attempt,
    ) -> Result<Request, Error> {
        wanted.flow = self.choice.clone();
        let options = &mut wanted.options;
        options.retries = options.retries.or(self.retries);
        options.retry_delay = options.retry_delay.or(self.retry_delay);
        options.retry_strategy = options.retry_strategy.or(self.retry_strategy);
        let mut request = runner.request(wanted)?;
        if self.is_engine {
            request.delivery = request.delivery.for_engine();
        }
        request.context = Some(context);
        request.attempt = attempt;
        Ok(request)
    }

    async fn context(&mut self, runner: &PrefectDbtRunner) -> Result<FlowContext, Error> {
        let (Some(id), Some(client)) = (self.choice.inherited, runner.client()) else {
            return Ok(FlowContext {
                flow_run_id: None,
                name: self.choice.flow_run_name.clone(),
                run_count: 1,
                parameters: Map::new(),
            });
        };
        let run = client
            .read_flow_run(id)
            .await
            .map_err(|error| Error::Connect(Box::new(error)))?;
        let is_running = run
            .state
            .as_ref()
            .is_some_and(|state| state.kind == prefect_client::StateType::Running);
        self.is_engine = !is_running;
        if !is_running {
            let retry = RetryOptions {
                retries: self.retries,
                delay: self.retry_delay.unwrap_or_default(),
                strategy: self.retry_strategy,
            };
            self.retries = agree_on_retries(client, &run, retry).await;
        }
        Ok(FlowContext {
            flow_run_id: Some(run.id),
            name: Some(run.name),
            // The server counts when the run begins.
            run_count: run.run_count + u32::from(!is_running),
            parameters: run.parameters,
        })
    }
}
