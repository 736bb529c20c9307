//! When a failed attempt is retried, and the wait until then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prefect_client::Client;
use tokio::time::timeout;
use uuid::Uuid;

use super::attempt_loop::NextAttempt;
use crate::engine::{CancellableWait, UnstartedRun, WaitingFlowRun, end_unstarted};
use crate::model::{ExistingFlowRun, FinalState, FlowRunRef, Notice, StateKind, Stopper};
use crate::observe::Observer;
use crate::outcome::Outcome;
use crate::request::{Attempt, FlowChoice, Request};

/// The longest wait for the time of the server.
const CLOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// When the attempts of one flow run are retried.
#[derive(Debug)]
pub(crate) struct RetryPolicy {
    client: Option<Client>,
    flow: FlowChoice,
    /// The number of retries where the server does not decide.
    retries: u32,
    delay: Duration,
    /// The idempotency key of the flow run that the first attempt creates.
    key: Option<Uuid>,
}

/// What follows an attempt.
#[derive(Debug)]
pub(crate) enum Decision {
    /// The run is over with this outcome.
    Done(Box<Outcome>),
    Retry(Box<NextAttempt>),
}

impl RetryPolicy {
    /// The policy of the attempts that begin with this request.
    pub(crate) fn of(first: &Request) -> Self {
        Self {
            client: first.client.clone(),
            flow: first.flow.clone(),
            retries: first.retry.retries.unwrap_or_default(),
            delay: first.retry.delay,
            key: first.attempt.key,
        }
    }

    /// Decides whether an attempt is retried, and waits until it is time. A request to stop ends the run while it waits.
    pub(crate) async fn after(
        &self,
        ran: &Request,
        mut outcome: Outcome,
        observer: &dyn Observer,
        stopper: &Stopper,
    ) -> Decision {
        let Some(pause) = self.pause(ran.attempt.number, &outcome).await else {
            return Decision::Done(Box::new(outcome));
        };
        announce(ran.attempt.number, pause, &outcome, observer);
        let attempt = Attempt {
            number: ran.attempt.number + 1,
            key: self.key,
            earlier: with_succeeded(ran, &outcome),
            previous_journal: outcome.journal_hold.clone(),
            ..Attempt::default()
        };
        let flow_run = flow_run_of(&outcome);
        let owned = flow_run.filter(|run| run.is_owned()).map(|run| run.id);
        let client = self.client.as_ref();
        let waiting = flow_run.map(WaitingFlowRun::Existing);
        let wait = CancellableWait::begin(&self.flow, client, waiting, stopper);
        if let Err(cause) = wait.until(tokio::time::sleep(pause)).await {
            let stopped = wait.end(cause).await;
            let mut next = ran.clone();
            next.attempt = attempt;
            let flow = outcome.flow.clone().map(|flow| flow.created_as(owned));
            let unstarted = UnstartedRun {
                request: &next,
                flow,
                observer,
            };
            end_unstarted(&mut outcome, stopped, unstarted);
            return Decision::Done(Box::new(outcome));
        }
        Decision::Retry(Box::new(NextAttempt {
            attempt,
            flow_run_id: owned,
            previous: outcome,
        }))
    }

    /// The time until the next attempt; `None` when there is none.
    async fn pause(&self, number: u32, outcome: &Outcome) -> Option<Duration> {
        let final_state = outcome
            .delivery
            .as_ref()
            .map(|delivery| &delivery.final_state);
        // The flow run was ended by another process.
        let flow_run = outcome.flow.as_ref();
        let was_ours = flow_run.and_then(FlowRunRef::owned_id).is_some();
        match final_state {
            Some(FinalState::NotOwned) if was_ours => None,
            Some(FinalState::AwaitingRetry { due }) => {
                Some(self.until(due.unwrap_or_default()).await)
            }
            None | Some(FinalState::NotOwned | FinalState::NotSent) => {
                let is_failed = outcome.state.kind == StateKind::Failed;
                (is_failed && number <= self.retries).then_some(self.delay)
            }
            Some(_) => None,
        }
    }

    /// The time until `due`, which the server states by its own clock.
    async fn until(&self, due: Timestamp) -> Duration {
        let skew = match &self.client {
            Some(client) => timeout(CLOCK_TIMEOUT, client.read_clock_skew())
                .await
                .ok()
                .and_then(|skew| skew.ok().flatten()),
            None => None,
        };
        let left = due.duration_since(Timestamp::now());
        let left = left.saturating_sub(skew.unwrap_or_default());
        Duration::try_from(left).unwrap_or_default()
    }
}

/// The task runs of nodes that have succeeded up to the end of an attempt, by unique_id.
fn with_succeeded(ran: &Request, outcome: &Outcome) -> Arc<BTreeMap<String, Uuid>> {
    let mut earlier = (*ran.attempt.earlier).clone();
    earlier.extend(outcome.run.succeeded(outcome.run_id, ran.attempt.number));
    Arc::new(earlier)
}

/// The flow run of an attempt.
fn flow_run_of(outcome: &Outcome) -> Option<ExistingFlowRun> {
    let delivery = outcome.delivery.as_ref()?;
    let id = delivery.flow_run_id?;
    Some(match delivery.final_state {
        FinalState::NotOwned => ExistingFlowRun::attached(id),
        _ => ExistingFlowRun::owned(id),
    })
}

/// Announces the next attempt, and what is missing of this one in Prefect.
fn announce(number: u32, pause: Duration, outcome: &Outcome, observer: &dyn Observer) {
    let seconds = pause.as_millis().div_ceil(1000);
    observer.on_notice(&Notice::Retrying {
        attempt: number + 1,
        delay: seconds.try_into().unwrap_or(u64::MAX),
    });
    let journal = outcome.journal.as_ref();
    if let Some(journal) = journal.filter(|_| outcome.delivery.is_some()) {
        observer.on_warning(&format!(
            "Prefect may not hold all of attempt {number}; run `prefect-dbt replay {}` when this run is over",
            journal.display()
        ));
    }
}
