//! Saves the record of an attempt: which nodes did not succeed, for the next attempt and for `dbt retry`.

use std::sync::Arc;

use dbt_manifest::Manifest;
use dbt_selector::Command;
use jiff::Timestamp;
use uuid::Uuid;

use super::open_record::OpenRecord;
use super::remaining_nodes::{Remaining, remaining};
use super::results::Results;
use super::retry_guard::RetryGuard;
use super::schedule::schedule;
use crate::dbt::{CommandLine, Project, read_manifest};
use crate::model::{Obstacle, RemainingWork};
use crate::request::Request;
use crate::store::{AttemptRecord, AttemptRecords, SavedAttempt};
use crate::track::TrackedRun;

/// An attempt that has ended.
pub(crate) struct EndedAttempt<'a> {
    /// The id of the attempt.
    pub(crate) run_id: Uuid,
    /// The flow run that this process owns as its engine, if there is one.
    pub(crate) flow_run_id: Option<Uuid>,
    /// The request of the attempt.
    pub(crate) request: &'a Request,
    /// The dbt project.
    pub(crate) project: &'a Project,
    /// The tracked events and results.
    pub(crate) run: &'a TrackedRun,
    /// Set if the attempt was a `dbt retry` of the user after a recorded failure.
    pub(crate) guard: Option<&'a RetryGuard>,
    /// The nodes that the attempt was going to run, if that is known: a large manifest is not read a second time then.
    pub(crate) scheduled: Option<Vec<String>>,
    /// The manifest of the attempt, if it has been read.
    pub(crate) manifest: Option<Arc<Manifest>>,
}

/// What is stored of an attempt that has ended.
#[derive(Debug, Default)]
pub(crate) struct AttemptEnd {
    /// The record, on disk.
    pub(crate) record: Option<SavedAttempt>,
    /// What is still to do, for the ledger.
    pub(crate) work: Option<RemainingWork>,
}

/// Saves the record of an attempt that starts, if its command builds nodes. It stays if the process is killed.
pub(crate) fn save_started(
    (run_id, flow_run_id): (Uuid, Option<Uuid>),
    request: &Request,
    project: &Project,
    guard: Option<&RetryGuard>,
    records: AttemptRecords,
) -> Option<OpenRecord> {
    let line = original_line(request, guard);
    let command = line.command();
    if !builds(&command) {
        return None;
    }
    let record = AttemptRecord {
        run_id,
        flow_run_id,
        ended: Timestamp::now(),
        args: line.to_words(),
        command,
        target: project.target.clone(),
        invocation_id: None,
        success: false,
        nodes: Vec::new(),
        obstacle: Some(Obstacle::Open),
    };
    Some(OpenRecord::save(records, record))
}

/// The command line that the user wants to complete: for a retry, that of the run that it retries.
pub(crate) fn original_line(request: &Request, guard: Option<&RetryGuard>) -> CommandLine {
    let is_retry_of_ours = request.attempt.original.is_some();
    let guarded = guard.filter(|_| !is_retry_of_ours);
    let guarded = guarded.map(RetryGuard::original_line);
    guarded.unwrap_or_else(|| request.original_line().clone())
}

/// Saves the record of an attempt, if its command builds nodes. An attempt that ran no nodes does not replace the record of
/// an earlier one.
pub(crate) fn save(ended: &EndedAttempt<'_>, records: &AttemptRecords) -> AttemptEnd {
    let run = ended.run;
    let line = original_line(ended.request, ended.guard);
    let command = line.command();
    let success = run.end.exit_code == Some(0);
    let is_idle = success && run.nodes.is_empty();
    if !builds(&command) || is_idle {
        records.remove(ended.run_id);
        return AttemptEnd::default();
    }
    let (nodes, obstacle, results) = match ended.remaining(&line) {
        Remaining::Nothing => (Vec::new(), None, None),
        Remaining::Nodes { ids, results } => (ids, None, Some(results)),
        Remaining::Unknown { obstacle, results } => (Vec::new(), Some(obstacle), results),
    };
    let work = RemainingWork {
        nodes: results.as_ref().map(Results::nodes).unwrap_or_default(),
        obstacle: obstacle.clone(),
    };
    let record = AttemptRecord {
        run_id: ended.run_id,
        flow_run_id: ended.flow_run_id,
        ended: Timestamp::now(),
        args: line.to_words(),
        command,
        target: ended.project.target.clone(),
        invocation_id: run.invocation_id.clone(),
        success,
        nodes,
        obstacle,
    };
    let record = records
        .save(record, results.as_ref())
        .inspect_err(|error| tracing::warn!(%error, "dbt retry cannot be used after this run: cannot save its record"))
        .ok();
    AttemptEnd {
        record,
        work: Some(work),
    }
}

impl EndedAttempt<'_> {
    /// The work that the attempt did not complete; `line` is the original command line.
    fn remaining(&self, line: &CommandLine) -> Remaining {
        let run = self.run;
        let results = self.project.target.join("run_results.json");
        let has_failed = run.end.exit_code != Some(0);
        let results = has_failed.then(|| Results::read(&results)).flatten();
        let planned = self.request.attempt.scheduled.clone();
        let guarded = || Some(self.guard?.nodes()?.to_vec());
        let known = planned.or_else(guarded);
        // A guarded retry schedules by its own command line, not by the one that it completes.
        let scheduled = || self.scheduled.clone().filter(|_| self.guard.is_none());
        let known = known.or_else(scheduled);
        remaining(run, results, known, || self.selected(line))
    }

    /// The nodes that the original command line selects; `None` if they cannot be determined.
    fn selected(&self, line: &CommandLine) -> Option<Vec<String>> {
        let invocation_id = self.run.invocation_id.as_deref()?;
        let manifest = match &self.manifest {
            Some(manifest) => Arc::clone(manifest),
            None => read_manifest(&self.project.target, Some(invocation_id)).ok()?,
        };
        schedule(&manifest, line, self.project, self.request)
    }
}

/// Whether a command builds nodes, which a retry may have to run again.
fn builds(command: &str) -> bool {
    let known = Command::from_name(command);
    command == "retry"
        || known.is_some_and(|known| {
            !matches!(
                known,
                Command::List | Command::Show | Command::SourceFreshness
            )
        })
}
