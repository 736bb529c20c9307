//! The schema version of an artifact: found in its metadata, and checked.

use serde::Deserialize;

use crate::artifact::Artifact;
use crate::error::{Error, ErrorKind};

/// The version in a schema's address, `https://schemas.getdbt.com/dbt/manifest/v12.json`.
pub(crate) fn check(artifact: Artifact, schema: Option<&str>) -> Result<u32, Error> {
    let Some(schema) = schema else {
        return Err(ErrorKind::MissingVersion { artifact }.into());
    };
    let version = schema
        .rsplit_once(&format!("/{}/v", schema_name(artifact)))
        .and_then(|(_, version)| version.trim_end_matches(".json").parse().ok());
    match version {
        // A newer version is read as the newest known one; the caller warns of it.
        Some(version) if version >= *artifact.supported().start() => Ok(version),
        Some(found) => Err(ErrorKind::UnsupportedVersion { artifact, found }.into()),
        None => Err(ErrorKind::WrongArtifact {
            artifact,
            found: schema.to_owned(),
        }
        .into()),
    }
}

/// The error for JSON that does not have the expected shape. If the file names a version that is not supported, that is the
/// cause, and the error says so.
pub(crate) fn explain(artifact: Artifact, text: &str, error: &serde_json::Error) -> Error {
    #[derive(Deserialize)]
    struct AnyArtifact {
        metadata: Schema,
    }
    #[derive(Deserialize)]
    struct Schema {
        dbt_schema_version: Option<String>,
    }
    let schema = serde_json::from_str::<AnyArtifact>(text)
        .ok()
        .and_then(|any| any.metadata.dbt_schema_version);
    match schema.map(|schema| check(artifact, Some(&schema))) {
        Some(Err(unsupported)) => unsupported,
        _ => Error::json(artifact, error),
    }
}

/// The name of the artifact in the address of its schema.
fn schema_name(artifact: Artifact) -> &'static str {
    match artifact {
        Artifact::Manifest => "manifest",
        Artifact::RunResults => "run-results",
        Artifact::Sources => "sources",
    }
}
