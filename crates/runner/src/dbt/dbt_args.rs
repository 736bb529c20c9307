//! What a dbt command line means for the runner, and what dbt gets of it.

use std::path::PathBuf;

use super::command_line::CommandLine;
use crate::model::LogLevel;

/// A dbt command line as the runner sees it.
///
/// Flags that would change the event stream that the runner reads are taken out (`--quiet`, `--log-level`,
/// `--log-format`, `--debug`): the runner applies their meaning itself. All other words reach dbt as they are and in
/// order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DbtArgs {
    /// What dbt gets.
    pub(crate) passed: CommandLine,
    /// The command: one word, or two (`source freshness`); empty when there is none, or when dbt is asked only for help.
    pub(crate) command: String,
    /// `--quiet`.
    pub(crate) quiet: bool,
    /// `--log-level`, or `--debug`.
    pub(crate) log_level: Option<LogLevel>,
    /// `--project-dir`.
    pub(crate) project_dir: Option<PathBuf>,
    /// `--profiles-dir`.
    pub(crate) profiles_dir: Option<PathBuf>,
    /// `--target-path`.
    pub(crate) target_path: Option<PathBuf>,
    /// Whether `--log-level-file` is given.
    pub(crate) sets_file_level: bool,
}

impl DbtArgs {
    /// The view of a command line.
    pub(crate) fn of(line: &CommandLine) -> Self {
        let path = |flag| line.value(flag).map(PathBuf::from);
        let mut passed = line.clone();
        passed.retain(|given| match given.flag.name {
            "--quiet" | "--debug" => false,
            // Without its value, dbt is to refuse it.
            "--log-format" => given.value().is_none(),
            // A level that dbt does not know is left for dbt to refuse.
            "--log-level" => given.value().and_then(LogLevel::from_name).is_none(),
            _ => true,
        });
        Self {
            passed,
            command: line.command(),
            quiet: line.switch("--quiet").unwrap_or_default(),
            log_level: log_level(line),
            project_dir: path("--project-dir"),
            profiles_dir: path("--profiles-dir"),
            target_path: path("--target-path"),
            sets_file_level: line.has("--log-level-file"),
        }
    }

    /// Whether dbt is asked to run a command, and not only for its version or for help.
    pub(crate) fn has_command(&self) -> bool {
        !self.command.is_empty()
    }

    /// What dbt gets when a rendered profiles.yml takes the place of the user's.
    pub(crate) fn without_profiles_dir(&self) -> CommandLine {
        let mut line = self.passed.clone();
        line.retain(|given| given.flag.name != "--profiles-dir");
        line
    }
}

/// The level of `--log-level` or `--debug`, whichever comes last.
fn log_level(line: &CommandLine) -> Option<LogLevel> {
    let debug = line.switch("--debug") == Some(true);
    line.flags().rev().find_map(|given| match given.flag.name {
        "--log-level" => given.value().and_then(LogLevel::from_name),
        "--debug" if debug => Some(LogLevel::Debug),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
