//! Why a profiles.yml cannot be rendered.

use std::path::PathBuf;

use dbt_templating::{Errors, Source};
use thiserror::Error;

use crate::request::RequestError;

/// Why a profiles.yml cannot be rendered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProfilesError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file is invalid, or a block, variable or key that it refers to does not exist.
    #[error("cannot render profiles.yml")]
    Template(#[from] Errors),
    /// The file refers to Prefect, but no Prefect API is configured.
    #[error("{} refers to `{reference}`, but no Prefect API is configured", path.display())]
    NoApi {
        /// The file.
        path: PathBuf,
        /// The first reference in the file.
        reference: String,
    },
    /// The Prefect API does not return a block or variable, for another reason than that it does not exist.
    #[error("cannot fetch {wanted} from Prefect")]
    Fetch {
        /// The block or variable.
        wanted: Source,
        /// The error of the request.
        source: Box<prefect_client::Error>,
    },
    /// The environment of the process has an invalid value.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A secret does not fit into the environment variable that takes it to dbt.
    #[error(
        "the value of `{reference}` is too large for an environment variable of dbt: {bytes} bytes, and at most {most} are possible"
    )]
    SecretTooLarge {
        /// The reference to the block or variable.
        reference: String,
        /// The length of the value.
        bytes: usize,
        /// The most that the operating system allows.
        most: usize,
    },
    /// The rendered file cannot be written.
    #[error("cannot write the rendered profiles.yml to a temporary directory")]
    Write(#[source] std::io::Error),
}

impl ProfilesError {
    /// Whether the Prefect API is needed and not available; otherwise the error is in the file.
    #[must_use]
    pub fn is_about_prefect(&self) -> bool {
        matches!(self, Self::NoApi { .. } | Self::Fetch { .. })
    }

    /// The request to the API that failed, if one did.
    pub(crate) fn request(&self) -> Option<&prefect_client::Error> {
        match self {
            Self::Fetch { source, .. } => Some(source),
            _ => None,
        }
    }

    /// What to do about it, where there is something to do. The errors of [`Template`](Self::Template) have their own.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => Some(
                "create the file, or give its folder with --profiles-dir or DBT_PROFILES_DIR"
                    .to_owned(),
            ),
            Self::NoApi { .. } => {
                Some("set PREFECT_API_URL, or choose a Prefect profile that has it".to_owned())
            }
            Self::SecretTooLarge { .. } => Some(
                "store a shorter value, or put the value into a file that profiles.yml names"
                    .to_owned(),
            ),
            Self::Fetch { source, .. } => source.help(),
            Self::Read { .. } | Self::Template(_) | Self::Request(_) | Self::Write(_) => None,
        }
    }
}
