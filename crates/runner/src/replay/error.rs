//! Why a file or folder cannot be replayed.

use std::path::{Path, PathBuf};

use prefect_client::Client;
use uuid::Uuid;

use crate::model::exit_codes;
use crate::store::Header;

/// Why a file or folder cannot be replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The file or folder cannot be read.
    #[error(transparent)]
    Unreadable(std::io::Error),
    /// No API is configured.
    #[error("no Prefect API is configured to deliver to")]
    NoApi,
    /// The file is neither a journal nor a JSON log of dbt.
    #[error("{}, line {line}: {problem}", path.display())]
    NotARecord {
        /// The file.
        path: PathBuf,
        /// Number of the line that shows it, from 1.
        line: usize,
        /// What the line is.
        problem: String,
    },
    /// A later version of this program wrote the journal.
    #[error("{}: a later version of prefect-dbt wrote the journal (format {format})", path.display())]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// The file is what a run could write of its journal, for example on a full disk.
    #[error("{}: the journal is incomplete, because the run could not write all of it", path.display())]
    Incomplete {
        /// The file.
        path: PathBuf,
    },
    /// The log does not have the start and the end of the nodes.
    #[error(
        "{}: the log of invocation {invocation_id} does not contain the results of its nodes",
        path.display()
    )]
    NotDetailed {
        /// The log.
        path: PathBuf,
        /// Id of the invocation.
        invocation_id: String,
    },
    /// The given manifest cannot be read.
    #[error("{problem}")]
    Manifest {
        /// What is wrong with it.
        problem: String,
    },
    /// Another process writes or delivers the journal.
    #[error("{} is in use by a run or by another replay", path.display())]
    Busy {
        /// The journal.
        path: PathBuf,
    },
    /// The flow run does not exist (any more).
    #[error("flow run {flow_run_id} does not exist at {api}")]
    Gone {
        /// Id of the flow run.
        flow_run_id: Uuid,
        /// URL of the API.
        api: String,
    },
    /// The API cannot be reached, or refuses.
    #[error("cannot deliver to the Prefect API at {api}")]
    Unreachable {
        /// URL of the API.
        api: String,
        /// The cause.
        source: Box<prefect_client::Error>,
    },
}

impl ReplayError {
    /// The exit code of the program for this error, see [`exit_codes`].
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoApi | Self::Busy { .. } | Self::Gone { .. } | Self::Unreachable { .. } => {
                exit_codes::NO_PREFECT
            }
            _ => exit_codes::CANNOT_RUN,
        }
    }

    /// What to do about it, where there is something to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoApi => "set PREFECT_API_URL, or choose a Prefect profile that has it",
            Self::NotARecord { .. } => {
                "give a journal (.prefect-dbt/*.jsonl), a log that dbt wrote as JSON (--log-format-file json), or telemetry of dbt 2 (--otel-file-name)"
            }
            Self::Newer { .. } => "update prefect-dbt",
            Self::NotDetailed { .. } => {
                "dbt logs them at debug level only: run dbt with --log-level-file debug (DBT_LOG_LEVEL_FILE=debug)"
            }
            Self::Incomplete { .. } => {
                "deliver the run from a log that dbt wrote as JSON, if there is one"
            }
            Self::Busy { .. } => "try again when that has ended",
            Self::Gone { .. } => {
                "the flow run was deleted, or PREFECT_API_URL is not the server that had it"
            }
            Self::Unreachable { source, .. } => return source.help(),
            Self::Unreadable(_) | Self::Manifest { .. } => return None,
        };
        Some(help.to_owned())
    }

    /// For a file in a folder of journals that is not a journal.
    pub(super) fn no_journal(path: &Path) -> Self {
        Self::NotARecord {
            path: path.to_path_buf(),
            line: 1,
            problem: "this is not the header of a journal".to_owned(),
        }
    }

    pub(super) fn of_connection(
        client: &Client,
        header: &Header,
        error: prefect_client::Error,
    ) -> Self {
        let api = client.api_url().to_string();
        match header.flow.existing() {
            Some(run) if error.is_not_found() => Self::Gone {
                flow_run_id: run.id,
                api,
            },
            _ => Self::Unreachable {
                api,
                source: Box::new(error),
            },
        }
    }
}
