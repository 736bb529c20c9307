//! Stage 4, judge: close every open node, decide the state of the run and its exit code, save what is left to do.

use std::sync::Arc;

use dbt_manifest::Manifest;

use super::record::Recorded;
use super::recorder::Closing;
use super::run::Attempt;
use super::session::Session;
use crate::dbt_retry;
use crate::store::SavedAttempt;
use crate::track::{ProcessEnd, TrackedRun, Verdict, judge};

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
        let (run, mut closing) = recorder.close(end);
        let manifest = closing.manifest.take();
        let guard = prepared.guard.as_ref();
        let unfinished = guard.and_then(|guard| guard.unfinished_work(&run));
        // Work that this run left undone is retried from the record that exists.
        let keeps_record = unfinished.is_none();
        let verdict = judge(
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
        let record = save_record(&session, &ended, keeps_record);
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
