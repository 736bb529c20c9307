//! Stage 4, judge: close every open node, decide the state of the run and its exit code, save what is left to do.

use std::sync::Arc;

use dbt_manifest::Manifest;

use super::record::Recorded;
use super::recorder::Closing;
use super::run::Attempt;
use super::session::Session;
use crate::dbt_retry;
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
}

/// The warning about a success of dbt of which nothing is known.
const NO_EVENT: &str = "dbt exited with code 0 and wrote no event: it is not known whether it did anything; check that the \
    executable is dbt";

impl Recorded {
    /// Judges the run. The target folder is free afterwards: nothing of dbt's is read any more.
    pub(super) fn judge(self, attempt: Attempt<'_>) -> Judged {
        let request = attempt.request;
        let Self {
            session,
            prepared,
            lock,
            recorder,
            end,
            stopped,
        } = self;
        let (mut run, mut closing) = recorder.close(end);
        if is_mute(&run) && prepared.args.has_command() {
            run.dbt_error = prepared.log_folder_problem();
        }
        let manifest = closing.manifest.take();
        let guard = prepared.guard.as_ref();
        let unfinished = guard.and_then(|guard| guard.unfinished_work(&run));
        // Work that this run left undone is retried from the record that exists.
        let keeps_record = unfinished.is_none();
        let unfinished =
            unfinished.or_else(|| empty_selection(&run).filter(|_| request.fail_on_empty));
        let mut verdict = judge(
            &request.args,
            &run,
            stopped,
            unfinished,
            request.raise_on_failure,
        );
        let ended = dbt_retry::EndedAttempt {
            run_id: session.run_id,
            flow_run_id: session.owned_flow_run(),
            request,
            project: &prepared.project,
            run: &run,
            guard,
            manifest: manifest.clone(),
        };
        let has_no_event = run.first_event.is_none() && prepared.args.has_command();
        if has_no_event && verdict.success {
            attempt.observer.on_warning(NO_EVENT);
            verdict.state.message = Some(NO_EVENT.to_owned());
        }
        let record = save_record(&session, &ended, keeps_record);
        if let (Some(record), true) = (&record, run.interrupted.is_some()) {
            run.not_started = not_started(&record.record.nodes, &run);
        }
        drop(lock);
        Judged {
            session,
            closing,
            command: prepared.args.command,
            end,
            run,
            verdict,
            manifest,
            record,
        }
    }
}

/// Whether dbt failed without a word, as it does if it cannot write its log.
fn is_mute(run: &TrackedRun) -> bool {
    run.end.exit_code != Some(0) && run.first_event.is_none() && run.dbt_error.is_none()
}

/// The nodes left to do of which dbt has reported nothing.
fn not_started(left: &[String], run: &TrackedRun) -> Vec<String> {
    let has_begun = |id: &&String| run.results().any(|result| result.unique_id == **id);
    left.iter().filter(|id| !has_begun(id)).cloned().collect()
}

fn save_record(
    session: &Session,
    ended: &dbt_retry::EndedAttempt<'_>,
    is_saved: bool,
) -> Option<SavedAttempt> {
    let records = session.records.as_ref()?;
    if is_saved {
        return dbt_retry::save(ended, records);
    }
    records.remove(session.run_id);
    None
}
