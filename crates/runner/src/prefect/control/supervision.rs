//! Supervision: listens during a run to the parts of Prefect that can end it.

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
use super::watch::{POLL_INTERVAL, cancellation, is_cancelled};
use crate::model::{ExistingFlowRun, FinalState, StopCause, Stopper};
use crate::prefect::flow_run::{FinalStateSetter, ProcessMark};

/// How long setting a state may take before it is left to the supervisor, which waits for one second.
const SUPERVISOR_WAIT: Duration = Duration::from_millis(700);
/// How long setting a state may take at all. After that, the delivery of the journal sets it.
const STATE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request for the state or to the labels of the flow run may take after a SIGTERM.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// Listens for a cancellation and for messages of the supervisor, until it is dropped.
#[derive(Debug)]
pub(crate) struct Supervision {
    listener: Arc<Listener>,
    listening: AbortHandle,
    /// Takes the id of the flow run once it exists.
    flow_run: watch::Sender<Option<Uuid>>,
}

/// Listens and answers.
#[derive(Debug)]
struct Listener {
    client: Option<Client>,
    /// The supervisor, if it started us as the engine of this flow run.
    supervisor: Option<Supervisor>,
    /// The end of the flow run, if it is ours to set.
    final_state: Option<FinalStateSetter>,
    flow_run: watch::Receiver<Option<Uuid>>,
    stopper: Stopper,
}

impl Supervision {
    /// Starts to listen. `final_state` is the end of the flow run, if it is ours to set. The id of a flow run that does not exist yet
    /// is given later, see [`Supervision::flow_run_sender`].
    pub(crate) fn begin(
        supervisor: Option<Supervisor>,
        flow_run: Option<ExistingFlowRun>,
        client: Option<&Client>,
        final_state: Option<FinalStateSetter>,
        stopper: &Stopper,
    ) -> Self {
        let supervisor = supervisor.filter(|_| flow_run.is_some_and(ExistingFlowRun::is_owned));
        let (sender, flow_run) = watch::channel(flow_run.map(|run| run.id));
        let listener = Arc::new(Listener {
            client: client.cloned(),
            supervisor,
            final_state,
            flow_run,
            stopper: stopper.clone(),
        });
        let background = Arc::clone(&listener);
        let listening = tokio::spawn(async move { background.listen().await }).abort_handle();
        Self {
            listener,
            listening,
            flow_run: sender,
        }
    }

    /// Takes the id of the flow run once it exists.
    pub(crate) fn flow_run_sender(&self) -> watch::Sender<Option<Uuid>> {
        self.flow_run.clone()
    }

    /// The real cause of a stop. A SIGTERM may be part of a cancellation, or of a move to another machine: then the state of the
    /// flow run is not ours any more.
    pub(crate) async fn explain(&self, cause: StopCause) -> StopCause {
        let listener = &*self.listener;
        if cause != StopCause::Terminate {
            return cause;
        }
        if let Some(Intent::Reschedule | Intent::Relinquish) = listener.intent() {
            return cause;
        }
        let id = *listener.flow_run.borrow();
        let (Some(client), Some(id)) = (&listener.client, id) else {
            return cause;
        };
        let cancelled = timeout(READ_TIMEOUT, is_cancelled(client, id)).await;
        if cancelled.unwrap_or(false) {
            listener.stopper.stop_for(StopCause::Cancel);
            return StopCause::Cancel;
        }
        if let (Some(supervisor), Some(final_state)) = (&listener.supervisor, &listener.final_state)
        {
            match supervisor.on_sigterm() {
                OnSigterm::Crash => {}
                OnSigterm::Relinquish => {
                    final_state.leave().await;
                    leave(client, id).await;
                }
                OnSigterm::Reschedule => {
                    match timeout(STATE_TIMEOUT, final_state.reschedule(client, id)).await {
                        Ok(Ok(_)) => {}
                        Ok(Err(error)) => {
                            tracing::warn!(%error, "cannot reschedule the flow run");
                        }
                        Err(_) => tracing::warn!(
                            "cannot reschedule the flow run: the server does not answer"
                        ),
                    }
                }
            }
        }
        cause
    }

    /// Reports the end of the flow run to the supervisor, if this is its end.
    pub(crate) async fn report(&self, state: &FinalState) {
        self.listener.report(state).await;
    }
}

impl Drop for Supervision {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Labels a flow run that goes on in another process, so that the end of this one is not taken for its end.
async fn leave(client: &Client, id: Uuid) {
    let labels = ProcessMark::left_to_another();
    match timeout(READ_TIMEOUT, client.label_flow_run(id, &labels)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "cannot label the flow run"),
        Err(_) => tracing::debug!("cannot label the flow run: the server does not answer"),
    }
}

impl Listener {
    async fn listen(&self) {
        if let Some(channel) = self.supervisor.as_ref().and_then(Supervisor::channel) {
            // When the supervisor is gone, the state of the flow run is watched instead.
            match channel.intent().await {
                Some(Intent::Cancel) => return self.cancel().await,
                Some(Intent::Reschedule | Intent::Relinquish) => {
                    // The SIGTERM that follows stops dbt.
                    if let Some(final_state) = &self.final_state {
                        final_state.leave().await;
                    }
                    channel.acknowledge();
                    let id = *self.flow_run.borrow();
                    if let (Some(client), Some(id)) = (&self.client, id) {
                        leave(client, id).await;
                    }
                    return;
                }
                None => {}
            }
        }
        let mut flow_run = self.flow_run.clone();
        let known = flow_run.wait_for(Option::is_some).await;
        let id = known.ok().and_then(|known| *known);
        if let (Some(client), Some(id)) = (&self.client, id) {
            cancellation(client, id, POLL_INTERVAL).await;
            self.stopper.stop_for(StopCause::Cancel);
        }
    }

    /// Stops dbt and sets the state. If that is quick enough, the supervisor neither sends signals nor sets the state itself; else
    /// it does both.
    async fn cancel(&self) {
        self.stopper.stop_for(StopCause::Cancel);
        let id = *self.flow_run.borrow();
        if let (Some(client), Some(final_state), Some(id)) =
            (self.client.clone(), self.final_state.clone(), id)
        {
            // In a task of its own, so that a timeout does not lose an answer.
            let setting = tokio::spawn(async move {
                let state = StopCause::Cancel.state();
                timeout(STATE_TIMEOUT, final_state.set(&client, id, &state)).await
            });
            if let Ok(Ok(Ok(Ok(state)))) = timeout(SUPERVISOR_WAIT, setting).await {
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
