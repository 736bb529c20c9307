//! The schema versions of artifacts.

use std::fmt;
use std::ops::RangeInclusive;

use serde::Deserialize;

use crate::error::{Error, ErrorKind};

/// The files that dbt writes and this crate reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Artifact {
    /// manifest.json: v4 (dbt 1.0) to v12 (dbt 1.8 and later, and dbt 2).
    Manifest,
    /// run_results.json: v4 (dbt 1.0), v5 (1.7), v6 (1.8 and later).
    RunResults,
    /// sources.json: v3 (dbt 1.0 and later).
    Sources,
}

impl Artifact {
    /// The schema versions that can be read.
    pub fn supported(self) -> RangeInclusive<u32> {
        match self {
            Self::Manifest => 4..=12,
            Self::RunResults => 4..=6,
            Self::Sources => 3..=3,
        }
    }

    fn schema_name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::RunResults => "run-results",
            Self::Sources => "sources",
        }
    }

    /// The version in a schema's address, `https://schemas.getdbt.com/dbt/manifest/v12.json`.
    pub(crate) fn check(self, schema: Option<&str>) -> Result<u32, Error> {
        let Some(schema) = schema else {
            return Err(ErrorKind::MissingVersion { artifact: self }.into());
        };
        let version = schema
            .rsplit_once(&format!("/{}/v", self.schema_name()))
            .and_then(|(_, version)| version.trim_end_matches(".json").parse().ok());
        match version {
            Some(version) if self.supported().contains(&version) => Ok(version),
            Some(found) => Err(ErrorKind::UnsupportedVersion {
                artifact: self,
                found,
            }
            .into()),
            None => Err(ErrorKind::WrongArtifact {
                artifact: self,
                found: schema.to_owned(),
            }
            .into()),
        }
    }

    /// The error to report for JSON that does not have the expected shape: if the file says that it is of a version that is not
    /// supported, then that is why.
    pub(crate) fn explain(self, text: &str, error: &serde_json::Error) -> Error {
        #[derive(Deserialize)]
        struct Any {
            metadata: Schema,
        }
        #[derive(Deserialize)]
        struct Schema {
            dbt_schema_version: Option<String>,
        }
        let named = serde_json::from_str::<Any>(text)
            .ok()
            .and_then(|any| any.metadata.dbt_schema_version);
        match named.map(|schema| self.check(Some(&schema))) {
            Some(Err(unsupported)) => unsupported,
            _ => Error::json(self, error),
        }
    }
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manifest => "manifest.json",
            Self::RunResults => "run_results.json",
            Self::Sources => "sources.json",
        })
    }
}
