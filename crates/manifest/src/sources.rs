//! sources.json: the results of freshness checks.

use serde::{Deserialize, Serialize};

use crate::artifact::Artifact;
use crate::error::Error;
use crate::header::{Header, read};
use crate::ids::UniqueId;
use crate::lenient::{Number, Text};
use crate::non_finite;

/// The results of `dbt source freshness`, read from sources.json.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Sources {
    /// The metadata: version and dbt invocation.
    pub metadata: Header,
    /// The results, in the order in which the checks ended.
    pub results: Vec<SourceResult>,
    /// How long the command took, in seconds.
    pub elapsed_time: Option<f64>,
}

/// The result of the freshness check of a source.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SourceResult {
    /// The unique id of the source.
    pub unique_id: UniqueId,
    /// The status: `pass`, `warn`, `error` or `runtime error`.
    pub status: String,
    /// The time of the newest row, as dbt wrote it: RFC 3339 with an offset. `None` after a runtime error.
    pub max_loaded_at: Option<String>,
    /// The time of the check, in the same form.
    pub snapshotted_at: Option<String>,
    /// The difference between the two times, in seconds.
    pub max_loaded_at_time_ago_in_s: Option<f64>,
    /// The age that gives a warning.
    pub warn_after: Option<FreshnessLimit>,
    /// The age that is an error.
    pub error_after: Option<FreshnessLimit>,
    /// How long the check took, in seconds.
    pub execution_time: Option<f64>,
    /// The message of a runtime error.
    pub error: Option<String>,
}

/// An age of a source's newest row, such as 2 days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FreshnessLimit {
    /// The number of periods.
    pub count: u64,
    /// The period: `minute`, `hour` or `day`.
    pub period: String,
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
    #[serde(borrow)]
    criteria: Option<CriteriaShape<'a>>,
    execution_time: Number,
    #[serde(borrow)]
    error: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CriteriaShape<'a> {
    #[serde(borrow)]
    warn_after: Option<LimitShape<'a>>,
    #[serde(borrow)]
    error_after: Option<LimitShape<'a>>,
}

/// A limit that is not set has null in both fields.
#[derive(Deserialize, Default)]
#[serde(default)]
struct LimitShape<'a> {
    count: Number,
    #[serde(borrow)]
    period: Text<'a>,
}

impl LimitShape<'_> {
    fn limit(self) -> Option<FreshnessLimit> {
        Some(FreshnessLimit {
            count: self.count.0.filter(|count| *count >= 0.0)? as u64,
            period: self.period.into_string()?,
        })
    }
}

impl Sources {
    /// Reads the text of a sources.json.
    ///
    /// # Errors
    /// If the text is not JSON or not a sources.json, or if its schema version is not supported.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        Self::read(bytes)
            .or_else(|error| non_finite::read_again(error, bytes, |text| Self::read(&text)))
    }

    fn read(bytes: &[u8]) -> Result<Self, Error> {
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
    #[must_use]
    pub fn get(&self, unique_id: &str) -> Option<&SourceResult> {
        self.results
            .iter()
            .rfind(|result| result.unique_id == unique_id)
    }
}

impl From<ResultShape<'_>> for SourceResult {
    fn from(shape: ResultShape<'_>) -> Self {
        let criteria = shape.criteria.unwrap_or_default();
        Self {
            unique_id: shape.unique_id.as_deref().unwrap_or_default().into(),
            status: shape.status.into_string().unwrap_or_default(),
            max_loaded_at: shape.max_loaded_at.into_string(),
            snapshotted_at: shape.snapshotted_at.into_string(),
            max_loaded_at_time_ago_in_s: shape.max_loaded_at_time_ago_in_s.0,
            warn_after: criteria.warn_after.and_then(LimitShape::limit),
            error_after: criteria.error_after.and_then(LimitShape::limit),
            execution_time: shape.execution_time.0,
            error: shape.error.into_string(),
        }
    }
}
