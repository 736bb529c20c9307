//! A wait that every request to stop ends: for the target folder, for the server, for the next attempt.

use std::future::Future;
use std::time::Duration;

use prefect_client::{Client, Error};
use tokio::sync::watch;
use tokio::time::timeout;
use uuid::Uuid;

use crate::model::{ExistingFlowRun, FinalState, State, StopCause, Stopper};
use crate::outcome::exit_code_after_delivery;
use crate::prefect::control::Supervision;
use crate::prefect::flow_run::{FinalStateSetter, Heartbeats, NewRun, find_or_create};
use crate::request::FlowChoice;

/// The longest time that the server may take to accept the end: the sender of the signal waits.
const STATE_TIMEOUT: Duration = Duration::from_secs(5);

/// The flow run of a run that waits.
#[derive(Debug, Clone)]
pub(crate) enum WaitingFlowRun {
    /// One that exists.
    Existing(ExistingFlowRun),
    /// One that the wait creates at its begin, and that is ours.
    New(NewRun),
}

/// Listens for requests to stop while a run waits.
#[derive(Debug)]
pub(crate) struct CancellableWait<'a> {
    stopper: &'a Stopper,
    flow_run: Option<FlowRun>,
}

#[derive(Debug)]
struct FlowRun {
    run: WaitingFlowRun,
    client: Client,
    /// Sets the end, if the states are ours.
    setter: Option<FinalStateSetter>,
    supervision: Supervision,
    /// Until the wait is over, if the states are ours.
    _heartbeats: Option<Heartbeats>,
}

/// The end of a run that was stopped while it waited.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) cause: StopCause,
    pub(crate) state: State,
    pub(crate) exit_code: u8,
    /// What became of the end of the flow run; `None` when no flow run is ours.
    pub(crate) final_state: Option<FinalState>,
    /// The flow run, if it is ours and exists.
    pub(crate) flow_run_id: Option<Uuid>,
}

impl<'a> CancellableWait<'a> {
    /// Listens to `stopper`, and to a cancellation of the flow run.
    pub(crate) fn begin(
        flow: &FlowChoice,
        client: Option<&Client>,
        flow_run: Option<WaitingFlowRun>,
        stopper: &'a Stopper,
    ) -> Self {
        let flow_run = client.zip(flow_run);
        let flow_run = flow_run.map(|(client, run)| FlowRun::begin(flow, client, run, stopper));
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
            return Stopped::new(cause, None, None);
        };
        let cause = flow_run.supervision.explain(cause).await;
        let Some(setter) = &flow_run.setter else {
            return Stopped::new(cause, None, None);
        };
        let state = cause.state();
        let set = async {
            let id = flow_run.id().await?;
            setter.set(&flow_run.client, id, &state).await
        };
        let final_state = match timeout(STATE_TIMEOUT, set).await {
            Ok(Ok(final_state)) => final_state,
            Ok(Err(error)) => {
                tracing::debug!(%error, "cannot set the end of the flow run");
                FinalState::NotSent
            }
            Err(_) => FinalState::NotSent,
        };
        flow_run.supervision.report(&final_state).await;
        Stopped::new(cause, Some(final_state), flow_run.known_id())
    }
}

impl FlowRun {
    fn begin(flow: &FlowChoice, client: &Client, run: WaitingFlowRun, stopper: &Stopper) -> Self {
        let (existing, is_ours) = match &run {
            WaitingFlowRun::Existing(existing) => (Some(*existing), existing.is_owned()),
            WaitingFlowRun::New(_) => (None, true),
        };
        let setter = is_ours.then(FinalStateSetter::default);
        let supervision = Supervision::begin(
            existing.and_then(|run| flow.supervisor_of(run.id)),
            existing,
            Some(client),
            setter.clone(),
            stopper,
        );
        if let WaitingFlowRun::New(new) = &run {
            let known = supervision.flow_run_sender();
            tokio::spawn(create(client.clone(), new.clone(), known));
        }
        let mut known = supervision.flow_run_sender().subscribe();
        let id = async move {
            let id = known
                .wait_for(Option::is_some)
                .await
                .ok()
                .and_then(|id| *id);
            match id {
                Some(id) => id,
                // It is not created.
                None => std::future::pending().await,
            }
        };
        let heartbeats = setter.clone();
        let heartbeats = heartbeats.map(|setter| Heartbeats::while_waiting(client, id, setter));
        Self {
            run,
            client: client.clone(),
            setter,
            supervision,
            _heartbeats: heartbeats,
        }
    }

    fn known_id(&self) -> Option<Uuid> {
        match &self.run {
            WaitingFlowRun::Existing(run) => Some(run.id),
            WaitingFlowRun::New(new) => new.id(),
        }
    }

    /// The id of the flow run, which is created if it does not exist yet.
    async fn id(&self) -> Result<Uuid, Error> {
        match &self.run {
            WaitingFlowRun::Existing(run) => Ok(run.id),
            WaitingFlowRun::New(new) => Ok(find_or_create(&self.client, new).await?.0.id),
        }
    }
}

/// Creates the flow run and gives its id to `known`. If that fails, the report of the run, or its end, creates it. It is not
/// ended with the wait: the report waits for it, and does not make the same request meanwhile.
async fn create(client: Client, new: NewRun, known: watch::Sender<Option<Uuid>>) {
    match find_or_create(&client, &new).await {
        Ok((run, _)) => drop(known.send_replace(Some(run.id))),
        Err(error) => tracing::debug!(%error, "cannot create the flow run before dbt starts"),
    }
}

impl Stopped {
    fn new(cause: StopCause, final_state: Option<FinalState>, flow_run_id: Option<Uuid>) -> Self {
        Self {
            cause,
            state: cause.state(),
            exit_code: exit_code_after_delivery(cause.exit_code(), final_state.as_ref(), false),
            final_state,
            flow_run_id,
        }
    }
}
