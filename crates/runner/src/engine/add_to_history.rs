//! Adds a run to the history of its project and target, and compares it with the runs before.

use super::prepare::Prepared;
use super::session::Session;
use crate::history::{History, RunRecord, compare};
use crate::request::{ProcessEnv, Request};
use crate::track::TrackedRun;

/// Adds the run to the history. Gives the lines of its summary. A problem with the disk is no reason to fail.
pub(super) fn add_to_history(
    session: &Session,
    prepared: &Prepared,
    request: &Request,
    run: &TrackedRun,
) -> Vec<String> {
    let line = request.original_line();
    let (Some(folder), true) = (&prepared.folder, request.history) else {
        return Vec::new();
    };
    let Some(mut record) = RunRecord::of(session.run_id, line, run) else {
        return Vec::new();
    };
    record.is_complete &= request.attempt.number == 1;
    let env = ProcessEnv::from_env().ok();
    let profiles = env.and_then(|env| request.profiles_dir(&prepared.args, &env));
    let history = History::of(folder.dir(), &prepared.project, line, profiles.as_deref());
    let compared = compare(&record, &history.runs()).lines();
    if let Err(error) = history.save(&record) {
        tracing::warn!(%error, "cannot add the run to the history");
    }
    compared
}
