//! The selection of a command line of dbt.

use std::path::PathBuf;

use super::args::{LsArgs, Mode, Output};
use super::error::LsError;
use crate::dbt::{CommandLine, DbtArgs};
use crate::request::PrefectDbtSettings;
use crate::selection::{SelectionFlags, command_of};
use clap::ValueEnum as _;
use dbt_selector::Command;

impl LsArgs {
    /// The selection that dbt makes for this command line. `state` is the folder of `--state` if the line has none, `manifest`
    /// the manifest to read instead of the one in the target folder.
    ///
    /// # Errors
    /// The command runs no nodes of the manifest, or a setting in the environment is invalid.
    pub(crate) fn of_dbt(
        line: &CommandLine,
        state: Option<PathBuf>,
        manifest: Option<PathBuf>,
    ) -> Result<Self, LsError> {
        let name = line.command();
        let flags = SelectionFlags::from_env(line);
        if command_of(line, &flags).is_none() {
            return Err(match Command::from_name(&name) {
                Some(_) => LsError::RunsNoNodes { name },
                None => LsError::Command { name },
            });
        }
        let settings = PrefectDbtSettings::from_env()?;
        let args = DbtArgs::of(line);
        let mode = flags.indirect_selection.as_deref();
        let mode = mode.and_then(|mode| Mode::from_str(mode, true).ok());
        Ok(Self {
            select: flags.select,
            models: Vec::new(),
            exclude: flags.exclude,
            selector: flags.selector,
            indirect_selection: mode.unwrap_or(Mode::Eager),
            resource_type: flags.resource_types,
            exclude_resource_type: flags.excluded_resource_types,
            state: flags.state.map(PathBuf::from).or(state),
            output: Output::Selector,
            output_keys: Vec::new(),
            vars: flags.vars.unwrap_or_else(|| "{}".to_owned()),
            profile: flags.profile,
            target: flags.target,
            profiles_dir: args.profiles_dir.or(settings.profiles_dir),
            project_dir: args.project_dir.or(settings.project_dir),
            target_path: args.target_path.or(settings.target_path),
            manifest,
            selectors: None,
            project_files: None,
            command: name,
            warn_error: line.switch("--warn-error").unwrap_or_default(),
            quiet: args.quiet,
        })
    }
}
