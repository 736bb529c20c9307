//! Why something cannot be replayed.

use std::path::{Path, PathBuf};

use prefect_client::Client;
use uuid::Uuid;

use crate::model::{FlowTarget, exit};
use crate::store::Header;

/// Why something cannot be replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The file or folder cannot be read.
    #[error("{0}")]
    Unreadable(std::io::Error),
    /// The file is neither a journal nor a log of dbt's.
    #[error(
        "{}, line {line}: {problem}; give a journal (.prefect-dbt/*.jsonl), or a log that dbt wrote as JSON (--log-format-file json)",
        path.display()
    )]
    NotARecord {
        /// The file.
        path: PathBuf,
        /// The line that shows it, from 1.
        line: usize,
        /// What the line is.
        problem: String,
    },
    /// The journal is of a later version of this program.
    #[error(
        "{}: the journal has the format {format}, which a later version of prefect-dbt wrote; install that one",
        path.display()
    )]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// The log does not say when nodes began and ended.
    #[error(
        "{}: the log of the invocation {invocation_id} does not tell how its nodes ended, which dbt says at debug level alone; let dbt write its log with --log-level-file debug (DBT_LOG_LEVEL_FILE=debug)",
        path.display()
    )]
    NotDetailed {
        /// The log.
        path: PathBuf,
        /// dbt's id of the invocation.
        invocation_id: String,
    },
    /// The manifest that was named cannot be read.
    #[error("{problem}")]
    Manifest {
        /// What is wrong with it.
        problem: String,
    },
    /// Somebody writes the journal, or delivers it.
    #[error(
        "{} belongs to a run that is at work, or to another replay; try again when that has ended",
        path.display()
    )]
    Busy {
        /// The journal.
        path: PathBuf,
    },
    /// The flow run was deleted.
    #[error(
        "the flow run {flow_run_id} does not exist at {api}: it was deleted there, or PREFECT_API_URL names another server than the run had"
    )]
    Gone {
        /// The flow run.
        flow_run_id: Uuid,
        /// The API.
        api: String,
    },
    /// The API could not be asked, or refused.
    #[error(
        "cannot deliver to the Prefect API at {api}: {source}; check PREFECT_API_URL and that the server runs"
    )]
    Unreachable {
        /// The API.
        api: String,
        /// Why.
        source: Box<prefect_client::Error>,
    },
}

impl ReplayError {
    /// The exit code of the program for this error, see [`exit`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Busy { .. } | Self::Gone { .. } | Self::Unreachable { .. } => exit::NO_PREFECT,
            _ => exit::CANNOT_RUN,
        }
    }

    /// Of a file among journals that does not begin as one.
    pub(super) fn no_journal(path: &Path) -> Self {
        Self::NotARecord {
            path: path.to_path_buf(),
            line: 1,
            problem: "it does not begin as a journal does".to_owned(),
        }
    }

    pub(super) fn of_connection(
        client: &Client,
        header: &Header,
        error: prefect_client::Error,
    ) -> Self {
        let api = client.api_url().to_string();
        match header.flow {
            FlowTarget::Existing { flow_run_id, .. } if error.is_not_found() => {
                Self::Gone { flow_run_id, api }
            }
            _ => Self::Unreachable {
                api,
                source: Box::new(error),
            },
        }
    }
}
