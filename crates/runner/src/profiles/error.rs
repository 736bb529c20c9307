//! What can go wrong with a profiles.yml.

use std::path::PathBuf;

use dbt_templating::{Errors, Source};
use thiserror::Error;

use crate::request::RequestError;

/// Why a profiles.yml could not be rendered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProfilesError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The file, or what its references lead to, is wrong; each mistake with its place.
    #[error("cannot render profiles.yml\n{0}")]
    Template(#[from] Errors),
    /// The file refers to Prefect, and there is no API to ask.
    #[error(
        "{} refers to `{reference}`, but no Prefect API is configured; set PREFECT_API_URL", path.display()
    )]
    NoApi {
        /// The file.
        path: PathBuf,
        /// The first reference.
        reference: String,
    },
    /// The API does not answer for a block or variable.
    #[error("cannot fetch {wanted} from Prefect: {source}")]
    Fetch {
        /// The block or variable.
        wanted: Source,
        /// The client's error.
        source: Box<prefect_client::Error>,
    },
    /// The process environment does not say where profiles.yml is.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The rendered file cannot be written.
    #[error("cannot write the rendered profiles.yml to a temporary directory: {0}")]
    Write(std::io::Error),
}

impl ProfilesError {
    /// Whether Prefect was needed and could not be had, as opposed to a mistake in the file.
    #[must_use]
    pub fn is_about_prefect(&self) -> bool {
        matches!(self, Self::NoApi { .. } | Self::Fetch { .. })
    }
}
