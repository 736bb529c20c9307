//! Why `prefect-dbt ls` cannot list.

use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};

use dbt_selector::Command;
use thiserror::Error;

use crate::dbt::DbtError;
use crate::request::RequestError;
use crate::selection::SelectorsFileError;

/// An error of one of the crates that read artifacts and selections.
pub(super) type Cause = Box<dyn StdError + Send + Sync>;

/// Why `prefect-dbt ls` cannot list.
#[derive(Debug, Error)]
pub(crate) enum LsError {
    /// dbt has no such command, or it does not select nodes.
    #[error("`{name}` is not a dbt command that selects nodes")]
    Command { name: String },
    /// The command selects nodes and runs none of them.
    #[error("`dbt {name}` with these flags runs no node of the project")]
    RunsNoNodes { name: String },
    /// Two flags contradict each other.
    #[error("{first} and {second} cannot be used together")]
    Exclusive {
        first: &'static str,
        second: &'static str,
    },
    /// The process has no working directory.
    #[error(transparent)]
    Process(#[from] RequestError),
    /// The project does not exist.
    #[error(transparent)]
    Project(#[from] DbtError),
    /// The manifest does not exist or cannot be read.
    #[error("cannot read the manifest {}", path.display())]
    NoManifest { path: PathBuf, source: io::Error },
    /// A file cannot be read, or does not contain what it should.
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: Cause },
    /// `--vars` is not YAML, or not a mapping.
    #[error("--vars is not a YAML mapping")]
    Vars(#[source] serde_yaml::Error),
    /// A flag or a selector selects in a way that is invalid; its message has its own hints.
    #[error(transparent)]
    Selection(Cause),
    /// There are warnings, and `--warn-error` makes them errors.
    #[error("with --warn-error, a warning is an error: {}", .0.join("; "))]
    Warnings(Vec<String>),
    /// The result cannot be written.
    #[error("cannot write to standard output")]
    Write(#[from] io::Error),
}

impl From<SelectorsFileError> for LsError {
    fn from(error: SelectorsFileError) -> Self {
        match error {
            SelectorsFileError::Read { path, source } => Self::read(&path, source),
            SelectorsFileError::Invalid(errors) => Self::Selection(errors.into()),
        }
    }
}

impl LsError {
    pub(super) fn read(path: &Path, source: impl Into<Cause>) -> Self {
        Self::Read {
            path: path.to_path_buf(),
            source: source.into(),
        }
    }

    /// What to do about it, where there is something to do.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Command { .. } => {
                let names = Command::ALL.map(Command::as_str).join(", ");
                Some(format!("commands that select nodes: {names}"))
            }
            Self::RunsNoNodes { .. } => Some(
                "plan a command that runs nodes, such as `build`; `prefect-dbt ls` lists nodes"
                    .to_owned(),
            ),
            Self::Project(_) => Some(
                "give the project with --project-dir (`plan` takes it after `--`), or a manifest with --manifest".to_owned(),
            ),
            Self::NoManifest { .. } => Some(
                "write the manifest with `dbt parse`, or give another file with --manifest"
                    .to_owned(),
            ),
            Self::Read { source, .. } => {
                let artifact = source.downcast_ref::<dbt_manifest::Error>();
                artifact?.help()
            }
            _ => None,
        }
    }

    /// Whether stdout was closed, which is not a failure.
    pub(super) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
