//! The record of an attempt, restored from the ledger that Prefect has of it.

use super::plan::NO_RECORD;
use super::remaining_nodes::unsupported;
use super::results::Results;
use crate::dbt::{CommandLine, DbtVersion, Project};
use crate::ledger::{Fingerprint, Ledger, LedgerHead};
use crate::model::Obstacle;
use crate::request::Request;
use crate::selection::{OutputChoice, SelectionFlags};
use crate::store::{AttemptRecord, AttemptRecords, SavedAttempt};
use jiff::Timestamp;
use uuid::Uuid;

/// The head of the ledger of an attempt. `None` for a command that `dbt retry` does not repeat.
pub(crate) fn ledger_head(
    request: &Request,
    project: &Project,
    version: &DbtVersion,
    run_id: Uuid,
) -> Option<LedgerHead> {
    let line = request.original_line();
    let is_retried = unsupported(run_results_command(&line.command()), &version.version).is_none();
    is_retried.then(|| LedgerHead {
        run_id,
        attempt: request.attempt.number,
        started: Timestamp::now(),
        dbt_version: version.version.clone(),
        fingerprint: fingerprint(line, project, version),
    })
}

/// Restores the record of the previous attempt of a flow run from its ledger, on a disk that may lack it.
///
/// # Errors
/// Why the ledger cannot be used, as the end of a sentence.
pub(crate) fn restore(
    ledger: Ledger,
    (flow_run_id, attempts): (Uuid, u32),
    request: &Request,
    project: &Project,
    version: &DbtVersion,
    records: &AttemptRecords,
) -> Result<SavedAttempt, String> {
    let head = &ledger.head;
    if head.attempt < attempts {
        let latest = head.attempt;
        return Err(format!(
            "the ledger in Prefect is that of attempt {latest}, and attempt {attempts} has none"
        ));
    }
    let line = &request.line;
    if let Some(what) = head
        .fingerprint
        .difference(&fingerprint(line, project, version))
    {
        return Err(format!("the ledger in Prefect is of another {what}"));
    }
    let work = ledger.work.ok_or(NO_RECORD)?;
    let nodes: Vec<String> = work.nodes.keys().cloned().collect();
    let is_empty = nodes.is_empty().then_some(Obstacle::OnlyHooks);
    let obstacle = work.obstacle.or(is_empty);
    let results = Results::restored(&ledger.head, line, work.nodes);
    let record = AttemptRecord {
        run_id: ledger.head.run_id,
        flow_run_id: Some(flow_run_id),
        ended: Timestamp::now(),
        args: request.args.clone(),
        command: line.command(),
        target: project.target.clone(),
        invocation_id: None,
        success: false,
        nodes,
        obstacle,
    };
    let saved = records.save(record, Some(&results));
    saved.map_err(|error| {
        format!(
            "the ledger cannot be written to {}: {error}",
            project.root.display()
        )
    })
}

fn fingerprint(line: &CommandLine, project: &Project, version: &DbtVersion) -> Fingerprint {
    let flags = SelectionFlags::from_env(line);
    let choice = OutputChoice::of(project, &flags).ok();
    let profile = choice.and_then(|choice| choice.profile());
    let words = line.to_words();
    Fingerprint::new(
        &[project.name.as_deref().unwrap_or_default()],
        &[
            profile.as_deref().unwrap_or_default(),
            flags.target.as_deref().unwrap_or_default(),
        ],
        &[&version.version],
        &words.iter().map(String::as_str).collect::<Vec<_>>(),
    )
}

/// A command as run_results.json names it.
pub(super) fn run_results_command(command: &str) -> &str {
    match command {
        "docs generate" => "generate",
        other => other,
    }
}
