//! The end of a run that was stopped, or failed, before its dbt started.

use std::path::PathBuf;

use jiff::Timestamp;
use uuid::Uuid;

use super::cancellable_wait::Stopped;
use super::prepare::journal_folder;
use super::start::begin_journal;
use crate::model::{Effect, FinalState, FlowRunRef, RunEnd, State, error_chain};
use crate::observe::Observer;
use crate::outcome::Outcome;
use crate::request::Request;
use crate::store::{KeptJournal, keep};

/// A run that did not start.
pub(crate) struct UnstartedRun<'a> {
    pub(crate) request: &'a Request,
    /// The flow run whose end has to be set, if there is one.
    pub(crate) flow: Option<FlowRunRef>,
    pub(crate) observer: &'a dyn Observer,
}

/// Gives `outcome` the end of a run that was stopped before it started. An end that the server did not accept is saved in a
/// journal that holds nothing else, for `prefect-dbt replay`.
pub(crate) fn end_unstarted(outcome: &mut Outcome, stopped: Stopped, run: UnstartedRun<'_>) {
    let reason = stopped.state.message.as_deref().unwrap_or_default();
    run.observer
        .on_warning(&format!("the run ends before dbt starts: {reason}"));
    outcome.state = stopped.state;
    outcome.exit_code = stopped.exit_code;
    let Some(delivery) = &mut outcome.delivery else {
        return;
    };
    if let Some(final_state) = stopped.final_state {
        delivery.final_state = final_state;
    }
    let is_unsent = delivery.final_state == FinalState::NotSent;
    let Some(flow) = run.flow.filter(|_| is_unsent) else {
        return;
    };
    delivery.verified = false;
    delivery.problem = Some("cannot report that the run was stopped".to_owned());
    match save(run.request, flow, &outcome.state) {
        Ok(journal) => outcome.journal = Some(journal),
        Err(problem) => run.observer.on_warning(&format!(
            "cannot report that the run was stopped, nor save it in a journal: {problem}"
        )),
    }
}

/// Saves the end of a flow run of ours that the server did not accept, in a journal that holds nothing else.
pub(crate) fn save_unsent_end(
    request: &Request,
    flow: FlowRunRef,
    state: &State,
    problem: &str,
    observer: &dyn Observer,
) {
    let advice = match save(request, flow, state) {
        Ok(journal) => format!("to send it, run `prefect-dbt replay {}`", journal.display()),
        Err(problem) => format!("it cannot be saved in a journal either: {problem}"),
    };
    observer.on_warning(&format!(
        "cannot set the end of the flow run: {problem}; {advice}"
    ));
}

/// Writes a journal with only the end of a run; returns its path.
fn save(request: &Request, flow: FlowRunRef, state: &State) -> Result<PathBuf, String> {
    let folder = journal_folder(request).map_err(|error| error_chain(&error))?;
    let run_id = Uuid::now_v7();
    let mut journal = begin_journal(request, (run_id, None), flow, folder.as_ref());
    journal.append([Effect::RunFinished(RunEnd {
        state: state.clone(),
        dbt_exit: None,
        at: Timestamp::now(),
    })]);
    let Some(folder) = folder else {
        return Err("there is no folder for journals".to_owned());
    };
    let reader = journal.reader();
    drop(journal);
    match keep(&reader, run_id, &folder, &[std::env::temp_dir()]) {
        KeptJournal::Whole(path) | KeptJournal::Copied { path, .. } => Ok(path),
        KeptJournal::Incomplete { problem } => Err(problem),
        KeptJournal::Nowhere => Err("the journal is not written".to_owned()),
    }
}
