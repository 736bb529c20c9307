//! The attempts of one flow run, one after another.

use std::time::Duration;

use jiff::Timestamp;
use prefect_client::Client;
use tokio::time::timeout;
use uuid::Uuid;

use crate::engine::{Vigil, end_waiting};
use crate::model::{FinalState, FlowTarget, Notice, StateKind, Stopper};
use crate::observe::Observer;
use crate::outcome::Outcome;
use crate::request::{Attempt, FlowChoice, Invocation};

/// How long the server is asked for the time.
const QUESTION: Duration = Duration::from_secs(2);

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

    /// Decides whether this attempt is repeated, and waits until it is time. A stop while it waits ends the run.
    pub(crate) async fn next(
        &mut self,
        ran: &Invocation,
        mut outcome: Outcome,
        observer: &dyn Observer,
        stopper: &Stopper,
    ) -> Next {
        let number = ran.attempt.number;
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
        if let Some(journal) = outcome
            .journal
            .as_ref()
            .filter(|_| outcome.delivery.is_some())
        {
            observer.on_warning(&format!(
                "Prefect may not hold all of attempt {number}; when this run is over, `prefect-dbt replay {}` delivers it",
                journal.display()
            ));
        }
        let delivery = outcome.delivery.as_ref();
        let heard = delivery.and_then(|delivery| {
            let own_states = delivery.final_state != FinalState::NotOurs;
            Some((delivery.flow_run_id?, own_states))
        });
        let ours = heard.filter(|(_, own_states)| *own_states);
        let ours = ours.map(|(id, _)| id);
        let key = *self.key.get_or_insert(outcome.run_id);
        let vigil = Vigil::begin(&self.flow, self.client.as_ref(), heard, stopper);
        if let Err(cause) = vigil.over(tokio::time::sleep(pause)).await {
            let stopped = vigil.end(cause).await;
            let mut next = ran.clone();
            next.attempt.number += 1;
            next.attempt.key = Some(key);
            let flow = outcome.flow.clone().map(|flow| flow.known_as(ours, key));
            end_waiting(&mut outcome, stopped, &next, flow, observer);
            return Next::Over(Box::new(outcome));
        }
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
        // Somebody has ended it meanwhile.
        let was_ours = matches!(
            outcome.flow,
            Some(FlowTarget::Existing {
                own_states: true,
                ..
            })
        );
        match told {
            Some(FinalState::NotOurs) if was_ours => None,
            Some(FinalState::AwaitingRetry { due }) => {
                // The server says so by its own clock.
                let skew = match &self.client {
                    Some(client) => timeout(QUESTION, client.read_clock_skew())
                        .await
                        .ok()
                        .and_then(|skew| skew.ok().flatten()),
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
}
