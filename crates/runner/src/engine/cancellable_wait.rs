//! The time of a run in which dbt is not at work: it waits for its turn. Whoever may end the run is heard all the same.

use std::future::Future;
use std::time::Duration;

use prefect_client::Client;
use tokio::time::timeout;
use uuid::Uuid;

use crate::model::{FinalState, FlowTarget, State, StopCause, Stopper};
use crate::prefect::control::Supervision;
use crate::prefect::flow_run::Ending;
use crate::request::FlowChoice;
use crate::track::exit_code;

/// How long the server may take to hear of the end: whoever ends us waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// Listens while a run waits.
#[derive(Debug)]
pub(crate) struct Vigil<'a> {
    stopper: &'a Stopper,
    flow_run: Option<FlowRun>,
}

#[derive(Debug)]
struct FlowRun {
    id: Uuid,
    client: Client,
    /// Where its states are ours.
    ending: Option<Ending>,
    supervision: Supervision,
}

/// How a run ended that was stopped while it waited.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) cause: StopCause,
    pub(crate) state: State,
    pub(crate) exit_code: u8,
    /// What became of the flow run's end; `None` when there is no flow run of ours.
    pub(crate) told: Option<FinalState>,
}

impl<'a> Vigil<'a> {
    /// Begins to listen; to those who may end this flow run, too, whose states are ours or not.
    pub(crate) fn begin(
        flow: &FlowChoice,
        client: Option<&Client>,
        flow_run: Option<(Uuid, bool)>,
        stopper: &'a Stopper,
    ) -> Self {
        let flow_run = client.zip(flow_run).map(|(client, (id, own_states))| {
            let target = FlowTarget::Existing {
                flow_run_id: id,
                own_states,
            };
            let ending = own_states.then(Ending::default);
            FlowRun {
                id,
                client: client.clone(),
                supervision: Supervision::begin(
                    flow.supervisor_of_target(&target),
                    &target,
                    Some(client),
                    ending.clone(),
                    stopper,
                ),
                ending,
            }
        });
        Self { stopper, flow_run }
    }

    /// What comes of the wait, unless a stop comes first.
    pub(crate) async fn over<T>(&self, wait: impl Future<Output = T>) -> Result<T, StopCause> {
        tokio::select! {
            biased;
            cause = self.stopper.stopped() => Err(cause),
            waited = wait => Ok(waited),
        }
    }

    /// Ends the run that was stopped, and tells Prefect and whoever started us.
    pub(crate) async fn end(self, cause: StopCause) -> Stopped {
        let Some(flow_run) = self.flow_run else {
            return Stopped::new(cause, None);
        };
        let cause = flow_run.supervision.explain(cause).await;
        let Some(ending) = flow_run.ending else {
            return Stopped::new(cause, None);
        };
        let state = cause.state();
        let set = ending.set(&flow_run.client, flow_run.id, &state);
        let told = match timeout(PATIENCE, set).await {
            Ok(Ok(told)) => told,
            Ok(Err(error)) => {
                tracing::debug!(%error, "the flow run's end could not be told");
                FinalState::NotSent
            }
            Err(_) => FinalState::NotSent,
        };
        flow_run.supervision.report(&told).await;
        Stopped::new(cause, Some(told))
    }
}

impl Stopped {
    fn new(cause: StopCause, told: Option<FinalState>) -> Self {
        Self {
            cause,
            state: cause.state(),
            exit_code: exit_code(cause.exit_code(), told.as_ref()),
            told,
        }
    }
}
