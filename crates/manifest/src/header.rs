//! The metadata of run_results.json and sources.json.

use serde::{Deserialize, Serialize};

use crate::artifact::Artifact;
use crate::error::Error;
use crate::lenient::Text;
use crate::version;

/// The metadata of an artifact: its version, and the dbt invocation that wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Header {
    /// The version of the artifact's schema.
    pub schema_version: u32,
    /// The version of dbt that wrote the file.
    pub dbt_version: Option<String>,
    /// When the file was written, as dbt wrote it: RFC 3339, UTC.
    pub generated_at: Option<String>,
    /// The id of the dbt invocation that wrote the file, as in its log events.
    pub invocation_id: Option<String>,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default)]
    metadata: Option<HeaderShape<'a>>,
}

/// The metadata as it is written.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct HeaderShape<'a> {
    #[serde(borrow)]
    dbt_schema_version: Text<'a>,
    #[serde(borrow)]
    dbt_version: Text<'a>,
    #[serde(borrow)]
    generated_at: Text<'a>,
    #[serde(borrow)]
    invocation_id: Text<'a>,
}

impl HeaderShape<'_> {
    /// The metadata, if the version is supported.
    pub(crate) fn checked(self, artifact: Artifact) -> Result<Header, Error> {
        Ok(Header {
            schema_version: version::check(artifact, self.dbt_schema_version.as_deref())?,
            dbt_version: self.dbt_version.into_string(),
            generated_at: self.generated_at.into_string(),
            invocation_id: self.invocation_id.into_string(),
        })
    }
}

/// Reads the metadata of an artifact, checks the version, then reads the rest.
pub(crate) fn read<'a, T: Deserialize<'a>>(
    artifact: Artifact,
    bytes: &'a [u8],
) -> Result<(Header, T), Error> {
    let json = |error| Error::json(artifact, &error);
    let document: Document<'a> = serde_json::from_slice(bytes).map_err(json)?;
    let header = document.metadata.unwrap_or_default().checked(artifact)?;
    Ok((header, serde_json::from_slice(bytes).map_err(json)?))
}
