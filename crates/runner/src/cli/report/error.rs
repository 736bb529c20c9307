//! Why a page cannot be made.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::request::RequestError;

/// Why a page cannot be made.
#[derive(Debug, Error)]
pub(crate) enum PageError {
    /// The process has no working directory, or a variable is invalid.
    #[error(transparent)]
    Process(#[from] RequestError),
    /// There is no run at all.
    #[error("there is no run in {} and no run_results.json in {}", folder.display(), target.display())]
    NoRuns { folder: PathBuf, target: PathBuf },
    /// There is no such run.
    #[error("`{run}` is neither a run in {} nor a journal", folder.display())]
    NoSuchRun { run: String, folder: PathBuf },
    /// A file cannot be read, or is not what it should be.
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The page cannot be written.
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

impl PageError {
    /// What to do about it.
    pub(crate) fn help(&self) -> Option<String> {
        let text = match self {
            Self::NoRuns { .. } => {
                "run dbt with `prefect-dbt invoke`, or name dbt's artifacts with --artifacts"
            }
            Self::NoSuchRun { .. } => {
                "run ids are the names of the files in that folder and in its folder `history`; the last 20 runs of a target are kept"
            }
            Self::Read { .. } => {
                "expected a journal of prefect-dbt, or a folder with the run_results.json of dbt"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }
}
