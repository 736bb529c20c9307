//! Stage 4, judge: close every open node, decide the state of the run and its exit code, save what is left to do.

use std::collections::HashSet;
use std::sync::Arc;

use dbt_manifest::Manifest;

use super::history::{Added, add_to_history};
use super::prepare::Prepared;
use super::record::Recorded;
use super::recorder::Closing;
use super::run::Attempt;
use super::session::Session;
use crate::dbt_retry::{self, AttemptEnd};
use crate::model::{RemainingWork, StopCause};
use crate::request::Request;
use crate::store::SavedAttempt;
use crate::track::{ProcessEnd, TrackedRun, Verdict, empty_selection, judge};

/// An attempt whose end is decided, and not yet written.
pub(super) struct Judged {
    pub(super) session: Session,
    pub(super) closing: Closing,
    pub(super) command: String,
    pub(super) end: ProcessEnd,
    pub(super) run: TrackedRun,
    pub(super) verdict: Verdict,
    pub(super) manifest: Option<Arc<Manifest>>,
    /// What a retry needs to know of this attempt.
    pub(super) record: Option<SavedAttempt>,
    /// The same for the ledger.
    pub(super) work: Option<RemainingWork>,
    /// What the history got, and how the run differs from earlier ones.
    pub(super) history: Added,
}

/// The warning about a success of dbt of which nothing is known.
const NO_EVENT: &str = "dbt exited with code 0 and wrote no event: it is not known whether it did anything; check that the \
    executable is dbt";

impl Recorded {
    /// Judges the run. The target folder is free afterwards: nothing of dbt's is read any more.
    pub(super) fn judge(self, attempt: Attempt<'_>) -> Judged {
        let Self {
            session,
            prepared,
            lock,
            recorder,
            end,
            stopped,
        } = self;
        let (mut run, mut closing) = recorder.close(end);
        prepared.check_version(run.dbt_version.as_deref());
        let manifest = closing.manifest.take();
        explain_silent_failure(&mut run, &prepared);
        let unfinished = unfinished_work(&run, &prepared);
        // Work that this run left undone is retried from the record that exists.
        let keeps_record = unfinished.is_none();
        let mut verdict = verdict_of(&run, stopped, unfinished, attempt.request);
        if is_silent(&run, &prepared) && verdict.success {
            attempt.observer.on_warning(NO_EVENT);
            verdict.state.message = Some(NO_EVENT.to_owned());
        }
        let ended = dbt_retry::EndedAttempt {
            run_id: session.run_id,
            flow_run_id: session.owned_flow_run(),
            request: attempt.request,
            project: &prepared.project,
            run: &run,
            guard: prepared.guard.as_ref(),
            scheduled: closing.scheduled.take(),
            manifest: manifest.clone(),
        };
        let AttemptEnd { record, work } = save_record(&session, &ended, keeps_record);
        run.not_started = not_started(record.as_ref(), &run);
        drop(lock);
        let history = add_to_history(&session, &prepared, attempt.request, &run);
        Judged {
            session,
            closing,
            command: prepared.args.command,
            end,
            run,
            verdict,
            manifest,
            record,
            work,
            history,
        }
    }
}

/// Whether dbt wrote no event, although it was given a command that writes some.
fn is_silent(run: &TrackedRun, prepared: &Prepared) -> bool {
    run.first_event.is_none() && prepared.args.has_command()
}

/// Explains a failure that dbt does not explain: it fails without output if it cannot write its log.
fn explain_silent_failure(run: &mut TrackedRun, prepared: &Prepared) {
    let has_failed = run.end.exit_code != Some(0) && run.dbt_error.is_none();
    if has_failed && is_silent(run, prepared) {
        run.dbt_error = prepared.log_folder_problem();
    }
}

/// Why a `dbt retry` that had nothing to do is not a success.
fn unfinished_work(run: &TrackedRun, prepared: &Prepared) -> Option<String> {
    prepared.guard.as_ref()?.unfinished_work(run)
}

fn verdict_of(
    run: &TrackedRun,
    stopped: Option<StopCause>,
    unfinished: Option<String>,
    request: &Request,
) -> Verdict {
    let is_empty = || empty_selection(run).filter(|_| request.fail_on_empty);
    let objection = unfinished.or_else(is_empty);
    let raises = request.raise_on_failure;
    judge(&request.args, run, stopped, objection, raises)
}

/// The nodes of an interrupted run that are left to do and of which dbt has reported nothing.
fn not_started(record: Option<&SavedAttempt>, run: &TrackedRun) -> Vec<String> {
    let Some(record) = record.filter(|_| run.interrupted.is_some()) else {
        return Vec::new();
    };
    let begun = run.results().map(|result| result.unique_id.as_str());
    let begun: HashSet<&str> = begun.collect();
    let left = record.record.nodes.iter();
    left.filter(|id| !begun.contains(id.as_str()))
        .cloned()
        .collect()
}

fn save_record(
    session: &Session,
    ended: &dbt_retry::EndedAttempt<'_>,
    is_saved: bool,
) -> AttemptEnd {
    let Some(records) = &session.records else {
        return AttemptEnd::default();
    };
    if is_saved {
        return dbt_retry::save(ended, records);
    }
    records.remove(session.run_id);
    AttemptEnd::default()
}
