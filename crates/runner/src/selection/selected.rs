//! The nodes that a command line selects.

use std::path::PathBuf;

use dbt_manifest::Manifest;
use dbt_selector::Command;

use super::flags::SelectionFlags;
use super::nodes::{read_state, scheduled};
use super::selectors_file::SelectorsFile;
use crate::dbt::{CommandLine, Project};

/// The nodes that dbt runs when it is called with this command line, in the order of their unique ids; `None` for commands
/// that select none. `profiles_dir` is the folder of profiles.yml, for a selectors.yml that uses `target`.
pub(crate) fn selected(
    manifest: &Manifest,
    line: &CommandLine,
    project: &Project,
    profiles_dir: Option<PathBuf>,
) -> Result<Option<Vec<String>>, String> {
    let flags = SelectionFlags::from_env(line);
    let Some(command) = command_of(line, &flags) else {
        return Ok(None);
    };
    let state = flags.state.as_ref().map(|dir| project.root.join(dir));
    let state = read_state(state.as_deref(), project);
    let selectors = SelectorsFile::of(project, &flags, profiles_dir);
    let selectors = selectors.map_err(|error| format!("--vars is not a YAML mapping: {error}"))?;
    scheduled(manifest, command, &flags, &selectors, &state).map(Some)
}

/// Whether the command line or the environment name a folder of state.
pub(crate) fn names_state(line: &CommandLine) -> bool {
    SelectionFlags::from_env(line).state.is_some()
}

/// The command, if it runs nodes of the manifest.
pub(crate) fn command_of(line: &CommandLine, flags: &SelectionFlags) -> Option<Command> {
    Command::from_name(&line.command()).filter(|command| *command != Command::List && !flags.beyond)
}
