//! A wait that every request to stop ends: for the target folder, for the server, for the next attempt.

use std::future::Future;
use std::time::Duration;

use prefect_client::Client;
use tokio::time::timeout;
use uuid::Uuid;

use crate::model::{ExistingFlowRun, FinalState, State, StopCause, Stopper};
use crate::outcome::exit_code_after_delivery;
use crate::prefect::control::Supervision;
use crate::prefect::flow_run::FinalStateSetter;
use crate::request::FlowChoice;

/// The longest time that the server may take to accept the end: the sender of the signal waits.
const STATE_TIMEOUT: Duration = Duration::from_secs(5);

/// Listens for requests to stop while a run waits.
#[derive(Debug)]
pub(crate) struct CancellableWait<'a> {
    stopper: &'a Stopper,
    flow_run: Option<FlowRun>,
}

#[derive(Debug)]
struct FlowRun {
    id: Uuid,
    client: Client,
    /// Sets the end, if the states are ours.
    setter: Option<FinalStateSetter>,
    supervision: Supervision,
}

/// The end of a run that was stopped while it waited.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) cause: StopCause,
    pub(crate) state: State,
    pub(crate) exit_code: u8,
    /// What became of the end of the flow run; `None` when no flow run is ours.
    pub(crate) final_state: Option<FinalState>,
}

impl<'a> CancellableWait<'a> {
    /// Listens to `stopper`, and to a cancellation of the flow run.
    pub(crate) fn begin(
        flow: &FlowChoice,
        client: Option<&Client>,
        flow_run: Option<ExistingFlowRun>,
        stopper: &'a Stopper,
    ) -> Self {
        let flow_run = client.zip(flow_run).map(|(client, run)| {
            let setter = run.is_owned().then(FinalStateSetter::default);
            FlowRun {
                id: run.id,
                client: client.clone(),
                supervision: Supervision::begin(
                    flow.supervisor_of(run.id),
                    Some(run),
                    Some(client),
                    setter.clone(),
                    stopper,
                ),
                setter,
            }
        });
        Self { stopper, flow_run }
    }

    /// The result of `wait`, or the cause of a request to stop that comes first.
    pub(crate) async fn until<T>(&self, wait: impl Future<Output = T>) -> Result<T, StopCause> {
        tokio::select! {
            biased;
            cause = self.stopper.stopped() => Err(cause),
            waited = wait => Ok(waited),
        }
    }

    /// Ends the stopped run: sets the state of a flow run of ours and reports it to the supervisor.
    pub(crate) async fn end(self, cause: StopCause) -> Stopped {
        let Some(flow_run) = self.flow_run else {
            return Stopped::new(cause, None);
        };
        let cause = flow_run.supervision.explain(cause).await;
        let Some(setter) = flow_run.setter else {
            return Stopped::new(cause, None);
        };
        let state = cause.state();
        let set = setter.set(&flow_run.client, flow_run.id, &state);
        let final_state = match timeout(STATE_TIMEOUT, set).await {
            Ok(Ok(final_state)) => final_state,
            Ok(Err(error)) => {
                tracing::debug!(%error, "cannot set the end of the flow run");
                FinalState::NotSent
            }
            Err(_) => FinalState::NotSent,
        };
        flow_run.supervision.report(&final_state).await;
        Stopped::new(cause, Some(final_state))
    }
}

impl Stopped {
    fn new(cause: StopCause, final_state: Option<FinalState>) -> Self {
        Self {
            cause,
            state: cause.state(),
            exit_code: exit_code_after_delivery(cause.exit_code(), final_state.as_ref()),
            final_state,
        }
    }
}
