//! What a ledger says of its attempt, so that a retry elsewhere can tell whether it is the one before it.

use jiff::Timestamp;
use uuid::Uuid;

use super::remaining_nodes::unsupported;
use crate::dbt::{CommandLine, DbtVersion, Project};
use crate::ledger::{Fingerprint, LedgerHead};
use crate::request::Request;
use crate::selection::{OutputChoice, SelectionFlags};

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

/// What must be the same for a retry.
pub(super) fn fingerprint(
    line: &CommandLine,
    project: &Project,
    version: &DbtVersion,
) -> Fingerprint {
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
