//! dbt's arguments: which of them concern us, and what dbt is handed.

use std::path::PathBuf;

use crate::model::LogLevel;

/// dbt's arguments, read.
///
/// Only flags that would change the stream that we live on are taken out (`--quiet`, `--log-level`, `--log-format`,
/// `--debug`): we apply what they mean ourselves. All else reaches dbt untouched and in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DbtArgs {
    /// What dbt is handed.
    pub passed: Vec<String>,
    /// The command: one word, or two (`source freshness`, `docs generate`); empty when there is none, or only help with
    /// one is asked for.
    pub command: String,
    /// `--quiet`.
    pub quiet: bool,
    /// `--log-level`, or `--debug`.
    pub log_level: Option<LogLevel>,
    /// `--project-dir`.
    pub project_dir: Option<PathBuf>,
    /// `--profiles-dir`.
    pub profiles_dir: Option<PathBuf>,
    /// `--target-path`.
    pub target_path: Option<PathBuf>,
    /// Whether `--log-level-file` is there.
    pub sets_file_level: bool,
}

/// dbt's commands (1.5 to 2).
const COMMANDS: [&str; 21] = [
    "build",
    "clean",
    "clone",
    "compile",
    "debug",
    "deps",
    "docs",
    "freshness",
    "init",
    "list",
    "ls",
    "man",
    "parse",
    "retry",
    "run",
    "run-operation",
    "seed",
    "show",
    "snapshot",
    "source",
    "test",
];
/// Those that have commands of their own.
const FAMILIES: [&str; 2] = ["docs", "source"];

/// Flags with exactly one value, so that the value is not taken for a flag or a command.
pub(crate) const VALUED: [&str; 33] = [
    "--args",
    "--defer-state",
    "--event-time-end",
    "--event-time-start",
    "--host",
    "--inline",
    "--limit",
    "--log-file-max-bytes",
    "--log-format",
    "--log-format-file",
    "--log-level",
    "--log-level-file",
    "--log-path",
    "--macro",
    "--output",
    "--port",
    "--printer-width",
    "--profile",
    "--profiles-dir",
    "--project-dir",
    "--record-timing-info",
    "--sample",
    "--state",
    "--target",
    "--target-path",
    "--threads",
    "--vars",
    "--warn-error-options",
    "--indirect-selection",
    "--selector",
    "-o",
    "-r",
    "-t",
];

/// The letters of short switches, which may stand together (`-xq`); `None` when any of them is not a switch of dbt's.
fn short_switches(arg: &str) -> Option<&str> {
    arg.strip_prefix('-')
        .filter(|letters| !letters.is_empty() && letters.chars().all(|c| "qdxf".contains(c)))
}

impl DbtArgs {
    /// Reads dbt's arguments.
    #[must_use]
    pub fn parse<S: AsRef<str>>(args: &[S]) -> Self {
        let mut read = Self::default();
        let mut asks_for_help = false;
        let mut args = args.iter().map(AsRef::as_ref);
        while let Some(arg) = args.next() {
            if arg == "--" {
                read.passed.push(arg.to_owned());
                read.passed.extend(args.map(str::to_owned));
                break;
            }
            let (flag, inline) = match arg.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
                _ => (arg, None),
            };
            if let Some(cluster) = short_switches(arg) {
                let kept: String = cluster
                    .chars()
                    .filter(|switch| !read.take_switch(&format!("-{switch}")))
                    .collect();
                if !kept.is_empty() {
                    read.passed.push(format!("-{kept}"));
                }
                continue;
            }
            if read.take_switch(flag) {
                continue;
            }
            asks_for_help |= matches!(arg, "--help" | "-h");
            let has_value = VALUED.contains(&flag);
            let next = if has_value && inline.is_none() {
                args.next()
            } else {
                None
            };
            if let Some(value) = inline.or(next).filter(|_| has_value)
                && read.take_value(flag, value)
            {
                continue;
            }
            if !has_value && !arg.starts_with('-') {
                read.note_command(arg);
            }
            read.passed.push(arg.to_owned());
            read.passed.extend(next.map(str::to_owned));
        }
        if asks_for_help {
            read.command.clear();
        }
        read
    }

    /// Whether dbt is asked to do something, as opposed to `--version` and `--help`.
    #[must_use]
    pub fn has_command(&self) -> bool {
        !self.command.is_empty()
    }

    /// What dbt is handed when a rendered profiles.yml takes the place of the user's.
    #[must_use]
    pub fn without_profiles_dir(&self) -> Vec<String> {
        let mut kept = Vec::with_capacity(self.passed.len());
        let mut args = self.passed.iter();
        while let Some(arg) = args.next() {
            if arg == "--profiles-dir" {
                args.next();
            } else if !arg.starts_with("--profiles-dir=") {
                kept.push(arg.clone());
            }
        }
        kept
    }

    /// Takes a switch out, if it is one of ours.
    fn take_switch(&mut self, flag: &str) -> bool {
        match flag {
            "--quiet" => self.quiet = true,
            "--no-quiet" => self.quiet = false,
            "--debug" => self.log_level = Some(LogLevel::Debug),
            "--no-debug" => {}
            "-q" => self.quiet = true,
            "-d" => self.log_level = Some(LogLevel::Debug),
            _ => return false,
        }
        true
    }

    /// Notes a flag's value; true when the flag is to be taken out.
    fn take_value(&mut self, flag: &str, value: &str) -> bool {
        match flag {
            "--log-format" => return true,
            "--log-level" => {
                let level = LogLevel::from_name(value);
                self.log_level = level.or(self.log_level);
                // One that dbt does not know is left for dbt to complain about.
                return level.is_some();
            }
            "--log-level-file" => self.sets_file_level = true,
            "--project-dir" => self.project_dir = Some(value.into()),
            "--profiles-dir" => self.profiles_dir = Some(value.into()),
            "--target-path" => self.target_path = Some(value.into()),
            _ => {}
        }
        false
    }

    fn note_command(&mut self, word: &str) {
        if self.command.is_empty() && COMMANDS.contains(&word) {
            self.command = word.to_owned();
        } else if FAMILIES.contains(&self.command.as_str()) {
            self.command = format!("{} {word}", self.command);
        }
    }
}

#[cfg(test)]
mod tests;
