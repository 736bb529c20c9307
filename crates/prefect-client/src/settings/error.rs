//! Errors in settings.

use std::path::PathBuf;

/// Invalid settings. The values are not shown, because any of them may be a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A settings file is not TOML.
    #[error("{file} is not valid TOML: line {line}, column {column}: {problem}")]
    Toml {
        /// The name of the file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// The message of the TOML parser.
        problem: String,
    },
    /// The value of a setting is invalid.
    #[error("invalid {setting} in {place}: expected {expected}")]
    Value {
        /// The name of the setting as an environment variable.
        setting: &'static str,
        /// Where the value was found: `the environment` or a file name.
        place: String,
        /// Which values are valid.
        expected: &'static str,
    },
    /// A settings file exists, but cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The path of the file.
        path: PathBuf,
        /// The error of the file system.
        #[source]
        source: std::io::Error,
    },
}
