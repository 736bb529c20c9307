//! The nodes that a command line selects.

use dbt_manifest::Manifest;
use dbt_selector::Command;

use super::flags::SelectionFlags;
use super::nodes::{read_state, scheduled};
use crate::dbt::{DbtArgs, Project};

/// The nodes that dbt runs when it is called with these arguments, in the order of their unique ids; `None` for commands
/// that select none.
pub(crate) fn selected(
    manifest: &Manifest,
    args: &[String],
    project: &Project,
) -> Result<Option<Vec<String>>, String> {
    let flags = SelectionFlags::from_env(args);
    let Some(command) = command_of(&DbtArgs::parse(args), &flags) else {
        return Ok(None);
    };
    let state = flags.state.as_ref().map(|dir| project.root.join(dir));
    let state = read_state(state.as_deref(), &project.target);
    scheduled(manifest, command, &flags, &state).map(Some)
}

/// Whether the arguments or the environment name a folder of state.
pub(crate) fn names_state(args: &[String]) -> bool {
    SelectionFlags::from_env(args).state.is_some()
}

/// The command, if it runs nodes of the manifest.
pub(crate) fn command_of(args: &DbtArgs, flags: &SelectionFlags) -> Option<Command> {
    Command::from_name(&args.command).filter(|command| *command != Command::List && !flags.beyond)
}
