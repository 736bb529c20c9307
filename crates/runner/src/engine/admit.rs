//! Stage 1, admit: find dbt, the project and the flow run, and wait until the target folder is free.

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::cancellable_wait::{CancellableWait, Stopped};
use super::connect::{Connected, connect};
use super::prepare::Prepared;
use super::run::Attempt;
use super::stopped_before_start::{UnstartedRun, end_unstarted};
use super::target_lock::{TargetLock, lock_target};
use crate::model::{Delivery, ExistingFlowRun, FlowRunRef, Ownership, StopCause};
use crate::outcome::{Error, Outcome};
use crate::track::{ProcessEnd, Tracker, TrackerOptions};

/// An attempt that may start dbt.
pub(super) struct Admitted {
    pub(super) run_id: Uuid,
    pub(super) prepared: Prepared,
    /// No other run of ours writes to the target folder until this is dropped.
    pub(super) lock: Option<TargetLock>,
    pub(super) connected: Connected,
}

/// The result of the stage.
pub(super) enum Admission {
    Granted(Box<Admitted>),
    /// A request to stop came first; dbt is never started.
    Stopped(Box<Outcome>),
}

/// Waits until dbt may start. Every request to stop is heard meanwhile.
pub(super) async fn admit(attempt: Attempt<'_>) -> Result<Admission, Error> {
    let Attempt {
        request, stopper, ..
    } = attempt;
    let flow = &request.flow;
    let known = flow.flow_run_id.filter(|_| !flow.declined);
    let ownership = Ownership::owned_if(flow.engine);
    let flow_run = known.map(|id| ExistingFlowRun::new(id, ownership));
    let wait = CancellableWait::begin(flow, request.client.as_ref(), flow_run, stopper);
    let admitted = within(attempt.deadline, prepare_and_connect(attempt));
    match wait.until(admitted).await.flatten() {
        Ok(admitted) => Ok(Admission::Granted(Box::new(admitted?))),
        Err(cause) => {
            let owned = known.filter(|_| flow.engine);
            let stopped = wait.end(cause).await;
            let outcome = unstarted(attempt, owned, stopped);
            Ok(Admission::Stopped(Box::new(outcome)))
        }
    }
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

async fn prepare_and_connect(attempt: Attempt<'_>) -> Result<Admitted, Error> {
    let Attempt {
        request, observer, ..
    } = attempt;
    let mut prepared = Prepared::of(request, &**observer).await?;
    let lock = lock_target(&prepared, &**observer).await?;
    prepared.guard_retry(request);
    // After the lock: the order of run ids is the order in which runs wrote to the folder.
    let run_id = Uuid::now_v7();
    let connected = connect(request, run_id, &prepared.args.command).await?;
    Ok(Admitted {
        run_id,
        prepared,
        lock,
        connected,
    })
}

/// The outcome of a run that was stopped before dbt started.
fn unstarted(attempt: Attempt<'_>, owned: Option<Uuid>, stopped: Stopped) -> Outcome {
    let run_id = Uuid::now_v7();
    let end = ProcessEnd {
        exit_code: None,
        signal: None,
        at: Timestamp::now(),
    };
    let run = Tracker::new(TrackerOptions::new(run_id)).close(end, None, &mut Vec::new());
    let args = attempt.request.args.clone();
    let mut outcome = Outcome::of_run(run_id, args, run, Some(stopped.cause));
    outcome.delivery = owned.map(|id| Delivery {
        flow_run_id: Some(id),
        verified: true,
        ..Delivery::default()
    });
    let flow = owned.map(FlowRunRef::owned);
    let unstarted = UnstartedRun {
        request: attempt.request,
        flow,
        observer: &**attempt.observer,
    };
    end_unstarted(&mut outcome, stopped, unstarted);
    outcome
}
