//! What an invocation waits for before dbt starts: what it is made of, the target folder, and the server's leave.

use jiff::Timestamp;
use uuid::Uuid;

use super::cancellable_wait::{Stopped, Vigil};
use super::connect::{Report, connect};
use super::prepare::Prepared;
use super::stopped_before_start::end_waiting;
use super::target_lock::{Claim, claim};
use crate::model::{Delivery, FlowTarget, Stopper};
use crate::observe::Observer;
use crate::outcome::{Error, Outcome};
use crate::request::Invocation;
use crate::track::{ProcessEnd, Tracker, TrackerOptions};

/// The turn of an invocation: dbt may start.
pub(super) struct Turn {
    pub(super) prepared: Prepared,
    /// Nobody else writes to the target folder meanwhile.
    pub(super) claim: Option<Claim>,
    pub(super) run_id: Uuid,
    pub(super) report: Report,
}

/// Waits for an invocation's turn. A stop in the meantime ends the run, and dbt is never started: then this is what the
/// run comes to.
///
/// # Errors
/// When dbt or the project is not there, or when the run needs Prefect and cannot have it.
pub(super) async fn await_turn(
    invocation: &Invocation,
    observer: &dyn Observer,
    stopper: &Stopper,
) -> Result<Result<Turn, Box<Outcome>>, Error> {
    let flow = &invocation.flow;
    let known = flow.flow_run_id.filter(|_| !flow.declined);
    let heard = known.map(|id| (id, flow.engine));
    let ours = known.filter(|_| flow.engine);
    let vigil = Vigil::begin(flow, invocation.client.as_ref(), heard, stopper);
    let turn = async {
        let mut prepared = Prepared::of(invocation, observer).await?;
        let claim = claim(&prepared, observer).await;
        prepared.guard(invocation);
        // After the claim: runs are told apart by who came later.
        let run_id = Uuid::now_v7();
        let report = connect(invocation, run_id, &prepared.args.command).await?;
        Ok(Turn {
            prepared,
            claim,
            run_id,
            report,
        })
    };
    match vigil.over(turn).await {
        Ok(turn) => turn.map(Ok),
        Err(cause) => {
            let stopped = vigil.end(cause).await;
            Ok(Err(Box::new(unbegun(invocation, ours, stopped, observer))))
        }
    }
}

/// What a run comes to that was stopped before its turn came.
fn unbegun(
    invocation: &Invocation,
    flow_run_id: Option<Uuid>,
    stopped: Stopped,
    observer: &dyn Observer,
) -> Outcome {
    let run_id = Uuid::now_v7();
    let end = ProcessEnd {
        exit_code: None,
        signal: None,
        at: Timestamp::now(),
    };
    let run = Tracker::new(TrackerOptions::new(run_id)).close(end, None, &mut Vec::new());
    let args = invocation.args.clone();
    let mut outcome = Outcome::of_run(run_id, args, run, Some(stopped.cause));
    outcome.delivery = flow_run_id.map(|id| Delivery {
        flow_run_id: Some(id),
        verified: true,
        ..Delivery::default()
    });
    let flow = flow_run_id.map(|flow_run_id| FlowTarget::Existing {
        flow_run_id,
        own_states: true,
    });
    end_waiting(&mut outcome, stopped, invocation, flow, observer);
    outcome
}
