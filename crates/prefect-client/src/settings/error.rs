//! What can be wrong with settings.

use std::path::PathBuf;

/// Settings that cannot be used. Values are not shown: any of them may be a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A file is not TOML.
    #[error("{file} is not valid TOML: line {line}, column {column}: {problem}")]
    Toml {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        problem: String,
    },
    /// A setting has a value of the wrong form.
    #[error("{setting} (from {place}) is not {expected}")]
    Value {
        /// Name of the setting, as in the environment.
        setting: &'static str,
        /// Where the value was found.
        place: String,
        /// What would be right.
        expected: &'static str,
    },
    /// A file is there and cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
