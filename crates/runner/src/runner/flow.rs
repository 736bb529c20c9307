//! Flows: runs of dbt that are flow runs.

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::error::RunError;
use super::prefect_dbt_runner::PrefectDbtRunner;
use crate::error::Error;
use crate::invocation::{FlowChoice, Invocation};
use crate::outcome::Outcome;

/// A flow, each run of which is a run of dbt.
///
/// ```no_run
/// use prefect_dbt::{Flow, FlowContext, Invocation, PrefectDbtRunner};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let runner = PrefectDbtRunner::builder().build()?;
/// Flow::new("nightly")
///     .tag("dbt")
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
}

/// What is known of a flow run before dbt starts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FlowContext {
    /// The flow run; `None` if it is not created yet.
    pub flow_run_id: Option<Uuid>,
    /// Its name; `None` if it is not created yet and its name is left to us.
    pub name: Option<String>,
    /// Which run of the flow run this is, from 1.
    pub run_count: u32,
    /// Its parameters.
    pub parameters: Map<String, Value>,
}

impl Flow {
    /// A flow of that name.
    pub fn new(name: impl Into<String>) -> Self {
        let mut choice = FlowChoice::from_env();
        choice.flow_name = Some(name.into());
        Self { choice }
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

    /// Runs the flow once: `invocation` says what dbt is to do.
    ///
    /// # Errors
    /// Those of [`PrefectDbtRunner::invoke`], and when the flow run that the process was started for cannot be read.
    pub async fn run<I: Into<Invocation>>(
        self,
        runner: &PrefectDbtRunner,
        invocation: impl FnOnce(FlowContext) -> I,
    ) -> Result<Outcome, RunError> {
        let context = self.context(runner).await?;
        let mut invocation = invocation(context.clone()).into();
        invocation.flow = self.choice;
        runner.run(invocation, Some(context)).await
    }

    async fn context(&self, runner: &PrefectDbtRunner) -> Result<FlowContext, Error> {
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
        Ok(FlowContext {
            flow_run_id: Some(run.id),
            name: Some(run.name),
            // The server counts when the run begins.
            run_count: run.run_count + u32::from(!is_running),
            parameters: run.parameters,
        })
    }
}
