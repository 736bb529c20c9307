//! What a dbt command line means for the runner, and what of it is passed to dbt.

use std::path::PathBuf;

use super::command_line::CommandLine;
use crate::model::LogLevel;

/// A dbt command line as the runner sees it.
///
/// `--quiet`, `--log-level`, `--log-format` and `--debug` would change the events that the runner reads. They are not
/// passed to dbt; the runner applies them itself. All other words are passed unchanged and in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DbtArgs {
    /// The arguments that are passed to dbt.
    pub(crate) passed: CommandLine,
    /// The command: one word, or two (`source freshness`). Empty without a command, and with `--help`.
    pub(crate) command: String,
    /// Whether `--quiet` is on.
    pub(crate) quiet: bool,
    /// The level of `--log-level` or `--debug`, whichever comes last.
    pub(crate) log_level: Option<LogLevel>,
    /// The value of `--project-dir`.
    pub(crate) project_dir: Option<PathBuf>,
    /// The value of `--profiles-dir`.
    pub(crate) profiles_dir: Option<PathBuf>,
    /// The value of `--target-path`.
    pub(crate) target_path: Option<PathBuf>,
    /// Whether `--log-level-file` is given.
    pub(crate) sets_file_level: bool,
}

impl DbtArgs {
    /// What a parsed command line means.
    pub(crate) fn of(line: &CommandLine) -> Self {
        let path = |flag| line.value(flag).map(PathBuf::from);
        let mut passed = line.clone();
        passed.retain(|given| match given.flag.name {
            "--quiet" | "--debug" => false,
            // dbt reports the missing value.
            "--log-format" => given.value().is_none(),
            // dbt reports an unknown level.
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

    /// Whether dbt runs a command: it does not with `--version` or `--help`.
    pub(crate) fn has_command(&self) -> bool {
        !self.command.is_empty()
    }

    /// The arguments for dbt when profiles.yml is rendered: `--profiles-dir` would beat the rendered file.
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
