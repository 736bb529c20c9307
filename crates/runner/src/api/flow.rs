//! Flows: runs of dbt that are flow runs.

use std::time::Duration;

use serde_json::Map;

use super::error::RunError;
use super::prefect_dbt_runner::PrefectDbtRunner;
use crate::model::Stopper;
use crate::outcome::{Error, Outcome};
use crate::request::{Attempt, FlowChoice, FlowContext, Invocation};
use crate::retry::{Next, Series, agree, give_up};

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
/// In a process that was started for a flow run (`PREFECT__FLOW_RUN_ID` is set) it is that flow run, whose states are set
/// if it is still pending, and left alone if it runs already. Else a flow run is created where an API is configured; if
/// that cannot be reached, dbt runs all the same.
#[must_use = "a flow runs with `run`"]
#[derive(Debug, Clone)]
pub struct Flow {
    choice: FlowChoice,
    retries: Option<u32>,
    retry_delay: Duration,
}

impl Flow {
    /// A flow of that name.
    pub fn new(name: impl Into<String>) -> Self {
        let mut choice = FlowChoice::from_env();
        choice.flow_name = Some(name.into());
        Self {
            choice,
            retries: None,
            retry_delay: Duration::ZERO,
        }
    }

    /// How often the flow run is repeated when it fails; what its deployment says when not given.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }

    /// How long a failed flow run waits before it is repeated; whole seconds.
    pub fn retry_delay(mut self, delay: Duration) -> Self {
        self.retry_delay = delay;
        self
    }

    /// A name for the flow run, if one is created; two words when not given.
    pub fn flow_run_name(mut self, name: impl Into<String>) -> Self {
        self.choice.flow_run_name = Some(name.into());
        self
    }

    /// A tag of the flow run, if one is created.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.choice.tags.push(tag.into());
        self
    }

    /// Runs the flow: `invocation` says what dbt is to do, at each attempt anew. [`FlowContext::run_count`] tells the
    /// attempts apart.
    ///
    /// A `retry` that comes after a failed attempt is given the state of that attempt, which `dbt retry` by itself may
    /// have lost.
    ///
    /// # Errors
    /// Those of [`PrefectDbtRunner::invoke`] at the last attempt, and when the flow run that the process was started for
    /// cannot be read.
    pub async fn run<I: Into<Invocation>>(
        mut self,
        runner: &PrefectDbtRunner,
        mut invocation: impl FnMut(FlowContext) -> I,
    ) -> Result<Outcome, RunError> {
        let mut context = self.context(runner).await?;
        let (told, stopper) = (runner.told(), Stopper::default());
        let mut attempt = Attempt {
            number: context.run_count,
            ..Attempt::default()
        };
        loop {
            let mut wanted = invocation(context.clone()).into();
            wanted.flow = self.choice.clone();
            wanted.retries = wanted.retries.or(self.retries);
            wanted.retry_delay = wanted.retry_delay.max(self.retry_delay);
            wanted.attempt = attempt;
            let wanted = runner.completed(wanted);
            let mut series = Series::of(&wanted);
            let ran = runner
                .attempt(wanted.clone(), Some(context.clone()), stopper.clone())
                .await;
            let outcome = match ran {
                Ok(outcome) => outcome,
                Err(error) => {
                    give_up(&wanted, &error, &told).await;
                    return Err(error.into());
                }
            };
            match series.next(&wanted, outcome, &told, &stopper).await {
                Next::Over(outcome) => return RunError::check(*outcome),
                Next::Again(again) => {
                    attempt = again.attempt;
                    context.run_count = attempt.number;
                    context.flow_run_id = context.flow_run_id.or(again.flow_run_id);
                    if let Some(id) = again.flow_run_id {
                        self.choice.engine = true;
                        self.choice.flow_run_id = Some(id);
                    }
                }
            }
        }
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
        if !is_running {
            self.retries = agree(client, &run, self.retries, self.retry_delay).await;
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
