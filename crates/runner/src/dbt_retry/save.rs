//! Saves what an attempt left undone, for `dbt retry` and for the next attempt.

use std::sync::Arc;

use dbt_manifest::Manifest;
use dbt_selector::Command;
use jiff::Timestamp;
use uuid::Uuid;

use super::guard::Guard;
use super::remaining::{Rest, rest};
use super::results::Results;
use crate::dbt::{CommandLine, DbtArgs, Project, read_manifest};
use crate::request::{ProcessEnv, Request};
use crate::selection::selected;
use crate::store::{AttemptRecord, AttemptRecords, Obstacle, SavedAttempt};
use crate::track::TrackedRun;

/// An attempt that has ended.
pub(crate) struct Ended<'a> {
    pub(crate) run_id: Uuid,
    /// The flow run whose engine we are, if it was there before.
    pub(crate) flow_run_id: Option<Uuid>,
    pub(crate) request: &'a Request,
    pub(crate) project: &'a Project,
    pub(crate) run: &'a TrackedRun,
    /// What was known against a `dbt retry` of the user's own.
    pub(crate) guard: Option<&'a Guard>,
    /// The manifest, if it was kept.
    pub(crate) manifest: Option<Arc<Manifest>>,
}

/// Keeps on record that an attempt is at work, if its command builds anything: should its process be killed, there is no
/// later word.
pub(crate) fn begin(
    (run_id, flow_run_id): (Uuid, Option<Uuid>),
    request: &Request,
    project: &Project,
    guard: Option<&Guard>,
    records: &AttemptRecords,
) {
    let asked = asked(request, guard);
    let command = asked.command();
    if !builds(&command) {
        return;
    }
    let record = AttemptRecord {
        run_id,
        flow_run_id,
        ended: Timestamp::now(),
        args: asked.to_words(),
        command,
        target: project.target.clone(),
        invocation_id: None,
        success: false,
        nodes: Vec::new(),
        obstacle: Some(Obstacle::Open),
    };
    if let Err(error) = records.save(record, None::<&Results>) {
        tracing::debug!(%error, "a run leaves no record if it is killed");
    }
}

/// What an attempt was asked for in the first place.
fn asked(request: &Request, guard: Option<&Guard>) -> CommandLine {
    let is_repetition = request.attempt.original.is_some();
    let guarded = guard.filter(|_| !is_repetition).map(Guard::original);
    guarded.unwrap_or_else(|| request.asked().clone())
}

/// Keeps what an attempt has left undone, if its command builds anything. One that had nothing to do leaves the record of
/// an earlier one in place.
pub(crate) fn save(ended: &Ended<'_>, records: &AttemptRecords) -> Option<SavedAttempt> {
    let Ended { request, run, .. } = ended;
    let attempt = &request.attempt;
    let asked = asked(request, ended.guard);
    let command = asked.command();
    let is_idle = run.end.exit_code == Some(0) && run.nodes.is_empty();
    if !builds(&command) || is_idle {
        records.remove(ended.run_id);
        return None;
    }
    let has_failed = run.end.exit_code != Some(0);
    let guarded = ended.guard.and_then(Guard::nodes).map(<[String]>::to_vec);
    let known = attempt.scheduled.clone().or(guarded);
    let select = || {
        let invocation_id = run.invocation_id.as_deref()?;
        let manifest = match &ended.manifest {
            Some(manifest) => Arc::clone(manifest),
            None => read_manifest(&ended.project.target, Some(invocation_id)).ok()?,
        };
        let env = ProcessEnv::from_env().ok()?;
        let profiles_dir = request.profiles_dir(&DbtArgs::of(&asked), &env);
        let selected = selected(&manifest, &asked, ended.project, profiles_dir);
        selected
            .inspect_err(|problem| tracing::debug!(problem, "the schedule is not known"))
            .ok()?
    };
    let results = ended.project.target.join("run_results.json");
    let results = has_failed.then(|| Results::read(&results)).flatten();
    let rest = rest(run, results, known, select);
    let (nodes, obstacle, results) = match rest {
        Rest::Nothing => (Vec::new(), None, None),
        Rest::Nodes { ids, results } => (ids, None, Some(results)),
        Rest::Unclear { obstacle, results } => (Vec::new(), Some(obstacle), results),
    };
    let record = AttemptRecord {
        run_id: ended.run_id,
        flow_run_id: ended.flow_run_id,
        ended: Timestamp::now(),
        args: asked.to_words(),
        command,
        target: ended.project.target.clone(),
        invocation_id: run.invocation_id.clone(),
        success: run.end.exit_code == Some(0),
        nodes,
        obstacle,
    };
    records
        .save(record, results.as_ref())
        .inspect_err(|error| tracing::warn!(%error, "the run leaves no record for dbt retry"))
        .ok()
}

/// Whether there is anything to repeat after a command.
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
