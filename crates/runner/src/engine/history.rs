//! The history of the project and target of a run: what it says before the run, and what the run adds.

use std::sync::Arc;

use uuid::Uuid;

use super::prepare::Prepared;
use super::run::Attempt;
use super::session::Session;
use crate::history::{History, RunRecord, compare, expected_run, selection};
use crate::request::{ProcessEnv, Request};
use crate::track::TrackedRun;

/// Reads how long the run is expected to take, on a thread of its own, for an observer that wants to know. A retry runs other
/// nodes than earlier runs did.
pub(super) fn expect(attempt: Attempt<'_>, prepared: &Prepared, run_id: Uuid) {
    let Attempt {
        request, observer, ..
    } = attempt;
    if !observer.wants_expected_run() || request.attempt.number > 1 {
        return;
    }
    let Some(history) = history(prepared, request) else {
        return;
    };
    let (observer, selection) = (Arc::clone(observer), selection(request.original_line()));
    tokio::task::spawn_blocking(move || {
        if let Some(expected) = expected_run(run_id, selection, &history.runs_to_expect(selection))
        {
            observer.on_expected_run(&Arc::new(expected));
        }
    });
}

/// A run that was added to the history.
#[derive(Debug, Default)]
pub(super) struct Added {
    /// The lines of the run's summary.
    pub(super) compared: Vec<String>,
    saved: Option<(History, RunRecord)>,
}

impl Added {
    /// Adds the page of the flow run, which is known once the run is delivered.
    pub(super) fn link_to(self, url: Option<&str>) {
        if let (Some((history, mut record)), Some(url)) = (self.saved, url) {
            record.url = Some(url.to_owned());
            save(&history, &record);
        }
    }
}

/// Adds the run to the history. A problem with the disk is no reason to fail.
pub(super) fn add_to_history(
    session: &Session,
    prepared: &Prepared,
    request: &Request,
    run: &TrackedRun,
) -> Added {
    let Some(mut record) = RunRecord::of(session.run_id, request.original_line(), run) else {
        return Added::default();
    };
    let Some(history) = history(prepared, request) else {
        return Added::default();
    };
    record.is_complete &= request.attempt.number == 1;
    let compared = compare(&record, history.runs()).lines();
    save(&history, &record);
    Added {
        compared,
        saved: Some((history, record)),
    }
}

fn save(history: &History, record: &RunRecord) {
    if let Err(error) = history.save(record) {
        tracing::warn!(%error, "cannot add the run to the history");
    }
}

/// The history of the project and target; `None` if the run has none.
fn history(prepared: &Prepared, request: &Request) -> Option<History> {
    let folder = prepared.folder.as_ref().filter(|_| request.history)?;
    let line = request.original_line();
    let env = ProcessEnv::from_env().ok();
    let profiles = env.and_then(|env| request.profiles_dir(&prepared.args, &env));
    let profiles = profiles.as_deref();
    Some(History::of(folder.dir(), &prepared.project, line, profiles))
}
