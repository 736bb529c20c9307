//! Listening to those who may end a run, while it lasts.

use std::sync::Arc;
use std::time::Duration;

use prefect_client::Client;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use uuid::Uuid;

use super::frame::Intent;
use super::receipt::Receipt;
use super::supervisor::{OnSigterm, Supervisor};
use super::watch::{EVERY, cancellation, is_cancelled};
use crate::model::{FinalState, FlowTarget, StopCause, Stopper};
use crate::prefect::flow_run::Ending;

/// How long a state may take, before the supervisor is told to set it: it waits for a second.
const WINDOW: Duration = Duration::from_millis(700);
/// How long it may take at all, before the report of the run tries in its own way.
const LONGEST: Duration = Duration::from_secs(5);
/// How long the server is asked what a SIGTERM means.
const QUESTION: Duration = Duration::from_secs(2);

/// Listens to those who may end a run from outside, until it is dropped.
#[derive(Debug)]
pub(crate) struct Supervision {
    ear: Arc<Ear>,
    listening: AbortHandle,
    /// Where the flow run becomes known.
    introduce: watch::Sender<Option<Uuid>>,
}

/// What it takes to listen and to answer.
#[derive(Debug)]
struct Ear {
    client: Option<Client>,
    /// The supervisor, where the flow run's states are ours because it started us.
    supervisor: Option<Supervisor>,
    /// Of the flow run, where its states are ours.
    ending: Option<Ending>,
    flow_run: watch::Receiver<Option<Uuid>>,
    stopper: Stopper,
}

impl Supervision {
    /// Begins to listen to those who may end a run that is reported so; `ending` where its end is ours to set. A flow run
    /// that is not known yet is told later, see [`Supervision::introduction`].
    pub(crate) fn begin(
        supervisor: Option<Supervisor>,
        target: &FlowTarget,
        client: Option<&Client>,
        ending: Option<Ending>,
        stopper: &Stopper,
    ) -> Self {
        let (flow_run_id, supervisor) = match target {
            FlowTarget::Existing {
                flow_run_id,
                own_states,
            } => (Some(*flow_run_id), supervisor.filter(|_| *own_states)),
            _ => (None, None),
        };
        let (introduce, flow_run) = watch::channel(flow_run_id);
        let ear = Arc::new(Ear {
            client: client.cloned(),
            supervisor,
            ending,
            flow_run,
            stopper: stopper.clone(),
        });
        let listener = Arc::clone(&ear);
        let listening = tokio::spawn(async move { listener.listen().await }).abort_handle();
        Self {
            ear,
            listening,
            introduce,
        }
    }

    /// Where the flow run is told as soon as it is known.
    pub(crate) fn introduction(&self) -> watch::Sender<Option<Uuid>> {
        self.introduce.clone()
    }

    /// What a stop was about. A SIGTERM may be part of a cancellation, or of a move to another place: then the flow run's
    /// state is not ours any more.
    pub(crate) async fn explain(&self, cause: StopCause) -> StopCause {
        let ear = &*self.ear;
        if cause != StopCause::Terminate {
            return cause;
        }
        if let Some(Intent::Reschedule | Intent::Relinquish) = ear.intent() {
            return cause;
        }
        let id = *ear.flow_run.borrow();
        let (Some(client), Some(id)) = (&ear.client, id) else {
            return cause;
        };
        let cancelled = timeout(QUESTION, is_cancelled(client, id)).await;
        if cancelled.unwrap_or(false) {
            ear.stopper.stop(StopCause::Cancel);
            return StopCause::Cancel;
        }
        if let (Some(supervisor), Some(ending)) = (&ear.supervisor, &ear.ending) {
            match supervisor.on_sigterm() {
                OnSigterm::Crash => {}
                OnSigterm::Relinquish => ending.leave().await,
                OnSigterm::Reschedule => {
                    match timeout(LONGEST, ending.reschedule(client, id)).await {
                        Ok(Ok(_)) => {}
                        Ok(Err(error)) => {
                            tracing::warn!(%error, "the flow run could not be rescheduled");
                        }
                        Err(_) => tracing::warn!("the flow run could not be rescheduled in time"),
                    }
                }
            }
        }
        cause
    }

    /// Tells the supervisor how the flow run ended, if this is its end.
    pub(crate) async fn report(&self, state: &FinalState) {
        self.ear.report(state).await;
    }
}

impl Drop for Supervision {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Ear {
    async fn listen(&self) {
        if let Some(channel) = self.supervisor.as_ref().and_then(Supervisor::channel) {
            // A supervisor that died says nothing more: then the flow run itself is looked at.
            match channel.intent().await {
                Some(Intent::Cancel) => return self.cancel().await,
                Some(Intent::Reschedule | Intent::Relinquish) => {
                    // The SIGTERM that follows stops dbt.
                    if let Some(ending) = &self.ending {
                        ending.leave().await;
                    }
                    return channel.acknowledge();
                }
                None => {}
            }
        }
        let mut flow_run = self.flow_run.clone();
        let known = flow_run.wait_for(Option::is_some).await;
        let id = known.ok().and_then(|known| *known);
        if let (Some(client), Some(id)) = (&self.client, id) {
            cancellation(client, id, EVERY).await;
            self.stopper.stop(StopCause::Cancel);
        }
    }

    /// Stops dbt, and sets the state at once: the supervisor is content with that, and neither sends signals nor sets the
    /// state itself. If that takes too long, it does both.
    async fn cancel(&self) {
        self.stopper.stop(StopCause::Cancel);
        let id = *self.flow_run.borrow();
        if let (Some(client), Some(ending), Some(id)) =
            (self.client.clone(), self.ending.clone(), id)
        {
            // On its own, so that what was sent is not forgotten.
            let setting = tokio::spawn(async move {
                let state = StopCause::Cancel.state();
                timeout(LONGEST, ending.set(&client, id, &state)).await
            });
            if let Ok(Ok(Ok(Ok(state)))) = timeout(WINDOW, setting).await {
                self.report(&state).await;
            }
        }
        if let Some(channel) = self.supervisor.as_ref().and_then(Supervisor::channel) {
            channel.acknowledge();
        }
    }

    fn intent(&self) -> Option<Intent> {
        self.supervisor.as_ref()?.channel()?.known_intent()
    }

    async fn report(&self, state: &FinalState) {
        let channel = self.supervisor.as_ref().and_then(Supervisor::channel);
        if let (Some(channel), Some(receipt)) = (channel, Receipt::of(state)) {
            channel.report(&receipt).await;
        }
    }
}

#[cfg(test)]
mod tests;
