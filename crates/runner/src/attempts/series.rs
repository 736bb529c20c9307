//! The attempts of one flow run, one after another.

use std::time::Duration;

use jiff::Timestamp;
use prefect_client::{Client, StateType};
use uuid::Uuid;

use super::attempt::Attempt;
use crate::effect::StateKind;
use crate::engine;
use crate::invocation::Invocation;
use crate::observer::Observer;
use crate::outcome::Outcome;
use crate::report::{FinalState, Notice, conclude};
use crate::stop::{StopCause, Stopper};

/// How often a flow run that waits is asked whether it was cancelled.
const POLL: Duration = Duration::from_secs(5);

/// When a run is repeated.
#[derive(Debug)]
pub(crate) struct Series {
    client: Option<Client>,
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
        if let Some(cause) = self.wait(pause, ours, stopper).await {
            let (state, exit_code) = engine::stopped_state(cause);
            if let (Some(client), Some(id)) = (&self.client, ours)
                && let Some(problem) = conclude(client, id, &state).await
            {
                observer.on_warning(&problem);
            }
            (outcome.state, outcome.exit_code) = (state, exit_code);
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

    /// Waits; gives why it was cut short, if it was.
    async fn wait(
        &self,
        pause: Duration,
        flow_run_id: Option<Uuid>,
        stopper: &Stopper,
    ) -> Option<StopCause> {
        tokio::select! {
            () = tokio::time::sleep(pause) => None,
            cause = stopper.stopped() => Some(cause),
            () = self.cancelled(flow_run_id) => Some(StopCause::Cancel),
        }
    }

    /// Comes when somebody cancels the flow run while it waits.
    async fn cancelled(&self, flow_run_id: Option<Uuid>) {
        let (Some(client), Some(id)) = (&self.client, flow_run_id) else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(POLL).await;
            // An outage is no cancellation.
            let Ok(run) = client.read_flow_run(id).await else {
                continue;
            };
            let state = run.state.map(|state| state.kind);
            if matches!(state, Some(StateType::Cancelling | StateType::Cancelled)) {
                return;
            }
        }
    }
}
