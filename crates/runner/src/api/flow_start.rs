//! The start of a flow: which flow run it is, and what its closure gets to know of it.

use super::flow::Flow;
use super::prefect_dbt_runner::PrefectDbtRunner;
use super::run_observer::RunObserver;
use crate::model::Stopper;
use crate::outcome::Error;
use crate::prefect::control::StopSources;
use crate::request::{FlowContext, Invocation, Request, RetryOptions};
use crate::retry::{adopt, agree_on_retries, give_up};

impl Flow {
    /// What stops the flow from within the program: its own stoppers, and those of the runner.
    pub(super) fn stops(&self, runner: &PrefectDbtRunner) -> StopSources {
        let options = runner.options();
        StopSources {
            stoppers: [&*self.stoppers, &*options.stoppers].concat(),
            signals: self
                .handle_signals
                .or(options.handle_signals)
                .unwrap_or_default(),
        }
    }

    /// Reads the flow run that the process was started for, and agrees with the server on the number of retries. A request to
    /// stop ends the wait for the API: the first attempt is stopped before it starts then.
    ///
    /// # Errors
    /// When the flow run cannot be read, or was cancelled.
    pub(super) async fn begin(
        &mut self,
        (runner, observer): (&PrefectDbtRunner, &RunObserver),
        stopper: &Stopper,
    ) -> Result<FlowContext, Error> {
        let found = tokio::select! {
            biased;
            _ = stopper.stopped() => {
                self.choice.engine |= self.choice.inherited.is_some();
                self.choice.flow_run_id = self.choice.inherited;
                Ok(self.new_context())
            }
            found = self.clone().find(runner, observer) => found.map(|(flow, context)| {
                *self = flow;
                context
            }),
        };
        if let Err(error) = &found {
            self.give_up((runner, observer), Invocation::default(), error)
                .await;
        }
        found
    }

    async fn find(
        mut self,
        runner: &PrefectDbtRunner,
        observer: &RunObserver,
    ) -> Result<(Self, FlowContext), Error> {
        let (Some(id), Some(client)) = (self.choice.inherited, runner.client()) else {
            let context = self.new_context();
            return Ok((self, context));
        };
        let limits = Request::resolved(self.options_of(runner, Invocation::default())).delivery;
        let run = adopt(&mut self.choice, id, client, limits, observer).await?;
        let is_engine = self.choice.engine;
        if is_engine {
            let retry = RetryOptions {
                retries: self.retries,
                delay: self.retry_delay.unwrap_or_default(),
                strategy: self.retry_strategy,
            };
            self.retries = agree_on_retries(client, &run, retry).await;
        }
        let context = FlowContext::of(&run, is_engine);
        Ok((self, context))
    }

    /// The context of a flow run that does not exist yet, or is not known.
    fn new_context(&self) -> FlowContext {
        FlowContext::new(None, self.choice.flow_run_name.clone())
    }

    /// Ends the flow run of a flow that cannot start.
    pub(super) async fn give_up(
        &self,
        (runner, observer): (&PrefectDbtRunner, &RunObserver),
        invocation: Invocation,
        error: &Error,
    ) {
        let request = Request::resolved(self.options_of(runner, invocation)).with_key();
        give_up(&request, error, observer).await;
    }

    /// An invocation of this flow. Its options beat those of the flow, which beat those of the runner.
    pub(super) fn options_of(
        &self,
        runner: &PrefectDbtRunner,
        mut invocation: Invocation,
    ) -> Invocation {
        invocation.flow = self.choice.clone();
        let options = &mut invocation.options;
        options.retries = options.retries.or(self.retries);
        options.retry_delay = options.retry_delay.or(self.retry_delay);
        options.retry_strategy = options.retry_strategy.or(self.retry_strategy);
        invocation.options = std::mem::take(options).or(runner.options());
        invocation
    }
}
