//! sources.json: how fresh the sources were.

use serde::Deserialize;

use crate::artifact::Artifact;
use crate::error::Error;
use crate::header::{Header, read};
use crate::ids::UniqueId;
use crate::lenient::{Number, Text};

/// The results of `dbt source freshness`, read from sources.json.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sources {
    /// Who wrote them.
    pub metadata: Header,
    /// In the order in which the checks ended.
    pub results: Vec<SourceResult>,
    /// The whole run, in seconds.
    pub elapsed_time: Option<f64>,
}

/// How fresh a source was.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SourceResult {
    /// The source.
    pub unique_id: UniqueId,
    /// `pass`, `warn`, `error` or `runtime error`.
    pub status: String,
    /// The time of the newest row, as dbt wrote it: RFC 3339 with an offset. None after a runtime error.
    pub max_loaded_at: Option<String>,
    /// When dbt looked, likewise.
    pub snapshotted_at: Option<String>,
    /// The difference of the two, in seconds.
    pub max_loaded_at_time_ago_in_s: Option<f64>,
    /// In seconds.
    pub execution_time: Option<f64>,
    /// What went wrong; only after a runtime error.
    pub error: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Document<'a> {
    #[serde(borrow)]
    results: Vec<ResultShape<'a>>,
    elapsed_time: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ResultShape<'a> {
    #[serde(borrow)]
    unique_id: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    max_loaded_at: Text<'a>,
    #[serde(borrow)]
    snapshotted_at: Text<'a>,
    max_loaded_at_time_ago_in_s: Number,
    execution_time: Number,
    #[serde(borrow)]
    error: Text<'a>,
}

impl Sources {
    /// Reads the text of a sources.json.
    ///
    /// # Errors
    /// Where the text is not JSON, is something else than source results, or is of a version that is not supported.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        let (metadata, document) = read::<Document<'_>>(Artifact::Sources, bytes)?;
        Ok(Self {
            metadata,
            results: document
                .results
                .into_iter()
                .map(SourceResult::from)
                .collect(),
            elapsed_time: document.elapsed_time.0,
        })
    }

    /// The result of a source; the last one if there are several.
    pub fn get(&self, unique_id: &str) -> Option<&SourceResult> {
        self.results
            .iter()
            .rfind(|result| result.unique_id == unique_id)
    }
}

impl From<ResultShape<'_>> for SourceResult {
    fn from(shape: ResultShape<'_>) -> Self {
        Self {
            unique_id: shape.unique_id.as_deref().unwrap_or_default().into(),
            status: shape.status.into_string().unwrap_or_default(),
            max_loaded_at: shape.max_loaded_at.into_string(),
            snapshotted_at: shape.snapshotted_at.into_string(),
            max_loaded_at_time_ago_in_s: shape.max_loaded_at_time_ago_in_s.0,
            execution_time: shape.execution_time.0,
            error: shape.error.into_string(),
        }
    }
}
