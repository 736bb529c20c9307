//! run_results.json: the results of the nodes of a run.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::artifact::Artifact;
use crate::error::Error;
use crate::header::{Header, read};
use crate::ids::UniqueId;
use crate::lenient::{Flag, List, Number, Text};
use crate::non_finite;

/// The results of a run, read from run_results.json.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunResults {
    /// The metadata: version and dbt invocation.
    pub metadata: Header,
    /// The results, in the order in which the nodes ended.
    pub results: Vec<RunResult>,
    /// How long the run took, in seconds.
    pub elapsed_time: Option<f64>,
    /// The arguments of the run: `which` is the command; `select` and `exclude` are as on the command line.
    pub args: Map<String, Value>,
}

/// The result of a node.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunResult {
    /// The unique id of the node.
    pub unique_id: UniqueId,
    /// The status: `success`, `error`, `skipped`, `pass`, `fail`, `warn`, `runtime error`, `partial success` (since dbt 1.9),
    /// `no-op` (1.10), `reused` (1.12), ...
    pub status: String,
    /// The message of dbt or of the database.
    pub message: Option<String>,
    /// For tests: the number of failures.
    pub failures: Option<f64>,
    /// How long the node ran, in seconds.
    pub execution_time: Option<f64>,
    /// The phases `compile` and `execute`; none for skipped nodes.
    pub timing: Vec<Timing>,
    /// The name of dbt's thread that ran the node.
    pub thread_id: Option<String>,
    /// The response of the adapter.
    pub adapter_response: Map<String, Value>,
    /// Whether dbt compiled the node (since v5).
    pub compiled: Option<bool>,
    /// The compiled code (since v5).
    pub compiled_code: Option<String>,
    /// The full name of the relation (since v5).
    pub relation_name: Option<String>,
    /// For microbatch models: the results of the batches (v6, since dbt 1.9).
    pub batch_results: Option<BatchResults>,
}

/// The start and end of a phase of a node's run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Timing {
    /// The phase: `compile` or `execute`.
    pub name: String,
    /// When the phase started, as dbt wrote it: RFC 3339, UTC.
    pub started_at: Option<String>,
    /// When the phase ended, as dbt wrote it: RFC 3339, UTC.
    pub completed_at: Option<String>,
}

/// The number of successful and failed batches of a microbatch model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BatchResults {
    /// The number of batches that succeeded.
    pub successful: usize,
    /// The number of batches that failed.
    pub failed: usize,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Document<'a> {
    /// Read one by one, so that the results that nobody wants never take memory together.
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
    elapsed_time: Number,
    args: Option<Map<String, Value>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ResultShape<'a> {
    #[serde(borrow)]
    unique_id: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    failures: Number,
    execution_time: Number,
    #[serde(borrow)]
    timing: Option<Vec<TimingShape<'a>>>,
    #[serde(borrow)]
    thread_id: Text<'a>,
    adapter_response: Option<Value>,
    compiled: Flag,
    #[serde(borrow)]
    compiled_code: Text<'a>,
    #[serde(borrow)]
    relation_name: Text<'a>,
    #[serde(borrow)]
    batch_results: Option<BatchShape<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TimingShape<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    started_at: Text<'a>,
    #[serde(borrow)]
    completed_at: Text<'a>,
}

/// A batch is a pair of times: its start and its end.
#[derive(Deserialize, Default)]
#[serde(default)]
struct BatchShape<'a> {
    #[serde(borrow)]
    successful: Vec<List<'a>>,
    #[serde(borrow)]
    failed: Vec<List<'a>>,
}

impl RunResults {
    /// Reads the text of a run_results.json.
    ///
    /// # Errors
    /// If the text is not JSON or not a run_results.json, or if its schema version is not supported.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_slice_where(bytes, |_| true)
    }

    /// Reads the text of a run_results.json, and keeps only the results that are wanted. A large build has tens of megabytes
    /// of them.
    ///
    /// # Errors
    /// As [`from_slice`](Self::from_slice); results that are not wanted must be valid, too.
    pub fn from_slice_where(
        bytes: &[u8],
        wanted: impl Fn(&RunResult) -> bool,
    ) -> Result<Self, Error> {
        Self::read(bytes, &wanted).or_else(|error| {
            non_finite::read_again(error, bytes, |text| Self::read(&text, &wanted))
        })
    }

    fn read(bytes: &[u8], wanted: &impl Fn(&RunResult) -> bool) -> Result<Self, Error> {
        let (metadata, document) = read::<Document<'_>>(Artifact::RunResults, bytes)?;
        let mut results = Vec::new();
        for result in document.results {
            let shape: ResultShape<'_> =
                serde_json::from_str(result.get()).map_err(|error| located(bytes, &error))?;
            let result = RunResult::from(shape);
            if wanted(&result) {
                results.push(result);
            }
        }
        Ok(Self {
            metadata,
            results,
            elapsed_time: document.elapsed_time.0,
            args: document.args.unwrap_or_default(),
        })
    }

    /// The result of a node; the last one if there are several.
    #[must_use]
    pub fn get(&self, unique_id: &str) -> Option<&RunResult> {
        self.results
            .iter()
            .rfind(|result| result.unique_id == unique_id)
    }
}

/// The error of a result that cannot be read, with its place in the whole text if that can be found.
fn located(bytes: &[u8], error: &serde_json::Error) -> Error {
    #[derive(Deserialize)]
    struct Whole<'a> {
        #[serde(borrow, rename = "results")]
        _results: Vec<ResultShape<'a>>,
    }
    let again = serde_json::from_slice::<Whole<'_>>(bytes).err();
    Error::json(Artifact::RunResults, again.as_ref().unwrap_or(error))
}

impl From<ResultShape<'_>> for RunResult {
    fn from(shape: ResultShape<'_>) -> Self {
        Self {
            unique_id: shape.unique_id.as_deref().unwrap_or_default().into(),
            status: shape.status.into_string().unwrap_or_default(),
            message: shape.message.into_string(),
            failures: shape.failures.0,
            execution_time: shape.execution_time.0,
            timing: shape
                .timing
                .unwrap_or_default()
                .into_iter()
                .map(Timing::from)
                .collect(),
            thread_id: shape.thread_id.into_string(),
            adapter_response: match shape.adapter_response {
                Some(Value::Object(response)) => response,
                _ => Map::new(),
            },
            compiled: shape.compiled.0,
            compiled_code: shape.compiled_code.into_string(),
            relation_name: shape.relation_name.into_string(),
            batch_results: shape.batch_results.map(|batches| BatchResults {
                successful: batches.successful.len(),
                failed: batches.failed.len(),
            }),
        }
    }
}

impl From<TimingShape<'_>> for Timing {
    fn from(shape: TimingShape<'_>) -> Self {
        Self {
            name: shape.name.into_string().unwrap_or_default(),
            started_at: shape.started_at.into_string(),
            completed_at: shape.completed_at.into_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json"},
        "results": [{"unique_id": "model.p.a", "status": "success"}, {"unique_id": "model.p.b", "status": "error"}]}"#;

    #[test]
    fn only_wanted_results_are_kept() {
        let failed = |result: &RunResult| result.status == "error";
        let results = RunResults::from_slice_where(TWO.as_bytes(), failed).unwrap();
        let ids: Vec<_> = results
            .results
            .iter()
            .map(|result| &result.unique_id)
            .collect();
        assert_eq!(ids, ["model.p.b"]);
    }

    #[test]
    fn an_error_in_a_result_names_its_line_in_the_file() {
        let text = TWO.replace(r#""status": "error""#, r#""timing": 1"#);
        let error = RunResults::from_slice_where(text.as_bytes(), |_| false).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
