//! The end of a run that was stopped while it waited for its turn.

use std::path::PathBuf;

use jiff::Timestamp;
use uuid::Uuid;

use super::cancellable_wait::Stopped;
use super::prepare::folder;
use super::run::begin_journal;
use crate::model::{Effect, FinalState, FlowTarget, RunEnd, State, error_chain};
use crate::observe::Observer;
use crate::outcome::Outcome;
use crate::request::Invocation;

/// Gives an outcome the end of a run that was stopped before this invocation could begin. What the server could not be
/// told is kept in a journal that says nothing else.
pub(crate) fn end_waiting(
    outcome: &mut Outcome,
    stopped: Stopped,
    invocation: &Invocation,
    flow: Option<FlowTarget>,
    observer: &dyn Observer,
) {
    let why = stopped.state.message.as_deref().unwrap_or_default();
    observer.on_warning(&format!("the run ends while it waits: {why}"));
    outcome.state = stopped.state;
    outcome.exit_code = stopped.exit_code;
    let Some(delivery) = &mut outcome.delivery else {
        return;
    };
    if let Some(told) = stopped.told {
        delivery.final_state = told;
    }
    let Some(flow) = flow.filter(|_| delivery.final_state == FinalState::NotSent) else {
        return;
    };
    delivery.verified = false;
    delivery.problem = Some("it could not be told that the run was stopped".to_owned());
    match keep(invocation, flow, &outcome.state) {
        Ok(journal) => outcome.journal = Some(journal),
        Err(problem) => observer.on_warning(&format!(
            "that the run was stopped could neither be told nor written: {problem}"
        )),
    }
}

/// Keeps the end of a flow run of ours, which could not be told, of an invocation that could not begin.
pub(crate) fn keep_end(
    invocation: &Invocation,
    flow_run_id: Uuid,
    state: &State,
    problem: &str,
    observer: &dyn Observer,
) {
    let flow = FlowTarget::Existing {
        flow_run_id,
        own_states: true,
    };
    let kept = match keep(invocation, flow, state) {
        Ok(journal) => format!("deliver it by `prefect-dbt replay {}`", journal.display()),
        Err(problem) => format!("nor could it be written: {problem}"),
    };
    observer.on_warning(&format!(
        "the flow run's end could not be told: {problem}; {kept}"
    ));
}

/// Writes a journal of an invocation that did not begin; gives where it is.
fn keep(invocation: &Invocation, flow: FlowTarget, state: &State) -> Result<PathBuf, String> {
    let folder = folder(invocation).map_err(|error| error_chain(&error))?;
    let mut journal = begin_journal(invocation, Uuid::now_v7(), flow, folder.as_ref());
    journal.append([Effect::RunFinished(RunEnd {
        state: state.clone(),
        dbt_exit: None,
        at: Timestamp::now(),
    })]);
    match (journal.path(), journal.problem()) {
        (Some(path), None) => Ok(path.to_path_buf()),
        (_, problem) => Err(problem.unwrap_or("there is no place for it").to_owned()),
    }
}
