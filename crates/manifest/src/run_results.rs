//! run_results.json: the results of the nodes of a run.

use std::io::{BufReader, Read};

use serde::Serialize;
use serde::de::DeserializeSeed;
use serde_json::{Map, Value};

use crate::artifact::Artifact;
use crate::error::Error;
use crate::header::Header;
use crate::ids::UniqueId;
use crate::non_finite;

mod document;

use document::Document;

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

impl RunResults {
    /// Reads the text of a run_results.json.
    ///
    /// # Errors
    /// If the text is not JSON or not a run_results.json, or if its schema version is not supported.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        let all = |_: &RunResult| true;
        Self::read(serde_json::Deserializer::from_slice(bytes), &all).or_else(|error| {
            non_finite::read_again(error, bytes, |text| {
                Self::read(serde_json::Deserializer::from_slice(&text), &all)
            })
        })
    }

    /// Reads a run_results.json piece by piece, and keeps only the results that are wanted: a large build has tens of megabytes
    /// of them, which never are in memory together. A number that is not finite is an error, see
    /// [`without_non_finite`](crate::without_non_finite).
    ///
    /// # Errors
    /// As [`from_slice`](Self::from_slice), or if the reader fails; results that are not wanted must be valid, too.
    pub fn from_reader_where(
        reader: impl Read,
        wanted: impl Fn(&RunResult) -> bool,
    ) -> Result<Self, Error> {
        let buffered = BufReader::new(reader);
        Self::read(serde_json::Deserializer::from_reader(buffered), &wanted)
    }

    fn read<'de, R: serde_json::de::Read<'de>>(
        mut text: serde_json::Deserializer<R>,
        wanted: &dyn Fn(&RunResult) -> bool,
    ) -> Result<Self, Error> {
        let document = Document { wanted }.deserialize(&mut text);
        let document = document.and_then(|read| text.end().map(|()| read));
        document.map_err(|error| Error::json(Artifact::RunResults, &error))?
    }

    /// The result of a node; the last one if there are several.
    #[must_use]
    pub fn get(&self, unique_id: &str) -> Option<&RunResult> {
        self.results
            .iter()
            .rfind(|result| result.unique_id == unique_id)
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
        let results = RunResults::from_reader_where(TWO.as_bytes(), failed).unwrap();
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
        let error = RunResults::from_reader_where(text.as_bytes(), |_| false).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
