//! The attempts of one flow run, one after another.

use std::time::Duration;

use jiff::Timestamp;
use prefect_client::Client;
use uuid::Uuid;

use super::attempt::Attempt;
use crate::effect::{FlowTarget, StateKind};
use crate::engine;
use crate::invocation::{FlowChoice, Invocation};
use crate::observer::Observer;
use crate::outcome::Outcome;
use crate::report::{Ending, FinalState, Notice};
use crate::stop::{StopCause, Stopper};
use crate::supervise::Supervision;

/// When a run is repeated.
#[derive(Debug)]
pub(crate) struct Series {
    client: Option<Client>,
    flow: FlowChoice,
    /// How often we repeat where the server has no say.
    retries: u32,
    delay: Duration,
    /// The idempotency key of the flow run that the first attempt creates.
    key: Option<Uuid>,
}

/// What comes after an attempt.
#[derive(Debug)]
pub(crate) enum Next {
    /// Nothing: this is the outcome.
    Over(Box<Outcome>),
    /// Another attempt.
    Again(Box<Again>),
}

/// Another attempt.
#[derive(Debug)]
pub(crate) struct Again {
    pub(crate) attempt: Attempt,
    /// The flow run, if we are its engine.
    pub(crate) flow_run_id: Option<Uuid>,
    /// What the attempt before it came to.
    pub(crate) before: Outcome,
}

impl Series {
    /// The attempts that begin with this invocation.
    pub(crate) fn of(first: &Invocation) -> Self {
        Self {
            client: first.client.clone(),
            flow: first.flow.clone(),
            retries: first.retries.unwrap_or_default(),
            delay: first.retry_delay,
            key: first.attempt.key,
        }
    }

    /// Decides whether an attempt is repeated, and waits until it is time. A stop while it waits ends the run.
    pub(crate) async fn next(
        &mut self,
        number: u32,
        mut outcome: Outcome,
        observer: &dyn Observer,
        stopper: &Stopper,
    ) -> Next {
        let Some(pause) = self.pause(number, &outcome).await else {
            return Next::Over(Box::new(outcome));
        };
        observer.on_notice(&Notice::Retrying {
            attempt: number + 1,
            delay: pause
                .as_millis()
                .div_ceil(1000)
                .try_into()
                .unwrap_or(u64::MAX),
        });
        let ours = outcome.delivery.as_ref().filter(|delivery| {
            !matches!(
                delivery.final_state,
                FinalState::NotOurs | FinalState::NotSent
            )
        });
        let ours = ours.and_then(|delivery| delivery.flow_run_id);
        if let Some((cause, told)) = self.wait(pause, ours, observer, stopper).await {
            let (state, exit_code) = engine::stopped_state(cause);
            outcome.state = state;
            outcome.exit_code = engine::exit_code(exit_code, told.as_ref());
            if let (Some(delivery), Some(told)) = (&mut outcome.delivery, told) {
                delivery.final_state = told;
            }
            return Next::Over(Box::new(outcome));
        }
        let key = *self.key.get_or_insert(outcome.run_id);
        let attempt = Attempt {
            number: number + 1,
            key: Some(key),
            ..Attempt::default()
        };
        Next::Again(Box::new(Again {
            attempt,
            flow_run_id: ours,
            before: outcome,
        }))
    }

    /// How long to wait before the next attempt; `None` when there is none.
    async fn pause(&self, number: u32, outcome: &Outcome) -> Option<Duration> {
        let told = outcome.delivery.as_ref().map(|told| &told.final_state);
        match told {
            Some(FinalState::AwaitingRetry { due }) => {
                // The server says so by its own clock.
                let skew = match &self.client {
                    Some(client) => client.read_clock_skew().await.ok().flatten(),
                    None => None,
                };
                let left = due.unwrap_or_default().duration_since(Timestamp::now());
                let left = left.saturating_sub(skew.unwrap_or_default());
                Some(Duration::try_from(left).unwrap_or_default())
            }
            None | Some(FinalState::NotOurs | FinalState::NotSent) => {
                let is_failed = outcome.state.kind == StateKind::Failed;
                (is_failed && number <= self.retries).then_some(self.delay)
            }
            Some(_) => None,
        }
    }

    /// Waits; if that was cut short, gives why, and what became of the flow run's end.
    async fn wait(
        &self,
        pause: Duration,
        flow_run_id: Option<Uuid>,
        observer: &dyn Observer,
        stopper: &Stopper,
    ) -> Option<(StopCause, Option<FinalState>)> {
        let supervised = self.client.as_ref().zip(flow_run_id).map(|(client, id)| {
            let target = FlowTarget::Existing {
                flow_run_id: id,
                own_states: true,
            };
            let (ending, client) = (Ending::default(), client.clone());
            let ours = Some(ending.clone());
            let supervision = Supervision::begin(&self.flow, &target, Some(&client), ours, stopper);
            (supervision, ending, client, id)
        });
        let mut cause = tokio::select! {
            biased;
            cause = stopper.stopped() => cause,
            () = tokio::time::sleep(pause) => return None,
        };
        let Some((supervision, ending, client, id)) = supervised else {
            return Some((cause, None));
        };
        cause = supervision.explain(cause).await;
        let (state, _) = engine::stopped_state(cause);
        let told = match ending.set(&client, id, &state).await {
            Ok(told) => told,
            Err(error) => {
                observer.on_warning(&format!(
                    "the flow run's final state could not be sent: {error}"
                ));
                FinalState::NotSent
            }
        };
        supervision.report(&told).await;
        Some((cause, Some(told)))
    }
}
