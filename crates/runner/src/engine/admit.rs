//! Stage 1, admit: find dbt, the project and the flow run, and wait until database and target folder are free.

use jiff::Timestamp;
use prefect_client::Client;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::admission_journal::AdmissionJournal;
use super::cancellable_wait::{CancellableWait, Stopped, WaitingFlowRun};
use super::connect::{Connected, connect, flow_run_to_create};
use super::database_lock::lock_database;
use super::prepare::Prepared;
use super::run::Attempt;
use super::stopped_before_start::{UnstartedRun, end_unstarted};
use super::target_lock::{TargetLock, lock_target};
use crate::model::{Delivery, ExistingFlowRun, FlowRunRef, Ownership, StopCause};
use crate::outcome::{Error, Outcome};
use crate::prefect::flow_run::NewRun;
use crate::request::Request;
use crate::track::{ProcessEnd, Tracker, TrackerOptions};

/// An attempt that may start dbt.
pub(super) struct Admitted {
    pub(super) run_id: Uuid,
    pub(super) prepared: Prepared,
    /// No other run of ours writes to the target folder until this is dropped.
    pub(super) lock: Option<TargetLock>,
    pub(super) connected: Connected,
    /// Stays until the journal of the attempt has begun.
    pub(super) journal: AdmissionJournal,
}

/// The result of the stage.
pub(super) enum Admission {
    Granted(Box<Admitted>),
    /// A request to stop came first; dbt is never started.
    Stopped(Box<Outcome>),
}

/// Waits until dbt may start. Every request to stop is heard meanwhile, and a new flow run is created at once. `before` is
/// what comes before dbt; its time counts.
pub(super) async fn admit(
    attempt: Attempt<'_>,
    before: impl AsyncFnOnce(),
) -> Result<Admission, Error> {
    let Attempt {
        request, stopper, ..
    } = attempt;
    let new = flow_run_to_create(request);
    let flow_run = existing(request).map(WaitingFlowRun::Existing);
    let flow_run = flow_run.or_else(|| new.clone().map(WaitingFlowRun::New));
    let mut journal = AdmissionJournal::begin(request, new.as_ref());
    let client = request.client.as_ref();
    let wait = CancellableWait::begin(&request.flow, client, flow_run.clone(), stopper);
    let admitted = within(attempt.deadline, async {
        before().await;
        prepare_and_connect(attempt, new).await
    });
    match wait.until(admitted).await.flatten() {
        Ok(Ok(admitted)) => Ok(Admission::Granted(Box::new(Admitted {
            journal,
            ..admitted
        }))),
        Ok(Err(error)) => {
            journal.leave_to(&request.attempt);
            Err(error)
        }
        Err(cause) => {
            let stopped = wait.end(cause).await;
            let outcome = unstarted(attempt, flow_run, stopped);
            journal.delete();
            Ok(Admission::Stopped(Box::new(outcome)))
        }
    }
}

/// The flow run to report to, if it exists. That the process was started for it does not make it ours.
fn existing(request: &Request) -> Option<ExistingFlowRun> {
    let flow = &request.flow;
    let id = flow.flow_run_id.or(flow.inherited);
    let ownership = Ownership::owned_if(flow.engine);
    let id = id.filter(|_| !flow.declined)?;
    Some(ExistingFlowRun::new(id, ownership))
}

/// The result of `work`, or the timeout if the deadline comes first.
async fn within<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = T>,
) -> Result<T, StopCause> {
    match deadline {
        Some(deadline) => timeout_at(deadline, work)
            .await
            .map_err(|_| StopCause::Timeout),
        None => Ok(work.await),
    }
}

async fn prepare_and_connect(attempt: Attempt<'_>, new: Option<NewRun>) -> Result<Admitted, Error> {
    let Attempt {
        request, observer, ..
    } = attempt;
    let mut prepared = Prepared::of(request, &**observer).await?;
    // First, and kept while a retry is waited for: a run that held the target folder meanwhile could wait for it in vain.
    prepared.database_lock = lock_database(attempt, &prepared, new.as_ref()).await?;
    let lock = lock_target(&prepared, &**observer).await?;
    prepared.guard_retry(request);
    // After the lock: the order of run ids is the order in which runs wrote to the folder.
    let run_id = Uuid::now_v7();
    let (command, ledger) = (&*prepared.args.command, prepared.ledger(request, run_id));
    let connected = connect(attempt, run_id, (command, ledger), new).await?;
    Ok(Admitted {
        run_id,
        prepared,
        lock,
        connected,
        journal: AdmissionJournal::default(),
    })
}

/// The outcome of a run that was stopped before dbt started.
fn unstarted(attempt: Attempt<'_>, flow_run: Option<WaitingFlowRun>, stopped: Stopped) -> Outcome {
    let run_id = Uuid::now_v7();
    let end = ProcessEnd {
        exit_code: None,
        signal: None,
        at: Timestamp::now(),
    };
    let run = Tracker::new(TrackerOptions::new(run_id)).close(end, None, &mut Vec::new());
    let args = attempt.request.args.clone();
    let mut outcome = Outcome::of_run(run_id, args, run, Some(stopped.cause));
    let flow = match flow_run {
        Some(WaitingFlowRun::Existing(run)) => run.is_owned().then(|| FlowRunRef::owned(run.id)),
        Some(WaitingFlowRun::New(new)) => {
            Some(FlowRunRef::ToCreate(new.names).created_as(stopped.flow_run_id))
        }
        None => None,
    };
    let pages = attempt.request.client.as_ref().map(Client::settings);
    outcome.delivery = flow.is_some().then(|| Delivery {
        flow_run_id: stopped.flow_run_id,
        url: stopped
            .flow_run_id
            .zip(pages)
            .and_then(|(id, pages)| pages.flow_run_page(id)),
        verified: true,
        ..Delivery::default()
    });
    let unstarted = UnstartedRun {
        request: attempt.request,
        flow,
        observer: &**attempt.observer,
    };
    end_unstarted(&mut outcome, stopped, unstarted);
    outcome
}
