//! The nodes that a command line selects.

use dbt_manifest::Manifest;
use dbt_selector::Command;

use super::flags::SelectionFlags;
use super::nodes::{read_state, scheduled};
use crate::dbt::{CommandLine, Project};

/// The unique_ids of the nodes that dbt runs with this command line, sorted. `None` for a command that runs no nodes.
///
/// # Errors
/// When the selection is wrong.
pub(crate) fn selected(
    manifest: &Manifest,
    line: &CommandLine,
    project: &Project,
) -> Result<Option<Vec<String>>, String> {
    let flags = SelectionFlags::from_env(line);
    let Some(command) = command_of(line, &flags) else {
        return Ok(None);
    };
    let state = flags.state.as_ref().map(|dir| project.root.join(dir));
    let state = read_state(state.as_deref(), &project.target);
    scheduled(manifest, command, &flags, &state).map(Some)
}

/// Whether the command line or the environment sets `--state`.
pub(crate) fn names_state(line: &CommandLine) -> bool {
    SelectionFlags::from_env(line).state.is_some()
}

/// The command of a command line, if it runs nodes of the manifest.
pub(crate) fn command_of(line: &CommandLine, flags: &SelectionFlags) -> Option<Command> {
    Command::from_name(&line.command())
        .filter(|command| *command != Command::List && !flags.runs_no_nodes)
}
