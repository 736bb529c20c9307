//! run_results.json: what became of the nodes of a run.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::artifact::Artifact;
use crate::error::Error;
use crate::header::{Header, read};
use crate::ids::UniqueId;
use crate::lenient::{Flag, List, Number, Text};

/// The results of a run, read from run_results.json.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunResults {
    /// Who wrote them.
    pub metadata: Header,
    /// In the order in which the nodes ended.
    pub results: Vec<RunResult>,
    /// The whole run, in seconds.
    pub elapsed_time: Option<f64>,
    /// The arguments of the run: `which` is the command, `select` and `exclude` are what was typed.
    pub args: Map<String, Value>,
}

/// What became of a node.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunResult {
    /// The node.
    pub unique_id: UniqueId,
    /// `success`, `error`, `skipped`, `pass`, `fail`, `warn`, `runtime error`, `partial success` (since dbt 1.9), `no-op` (1.10),
    /// `reused` (1.12), ...
    pub status: String,
    /// What dbt or the database says about it.
    pub message: Option<String>,
    /// Of a test: the number of failures.
    pub failures: Option<f64>,
    /// In seconds.
    pub execution_time: Option<f64>,
    /// The steps `compile` and `execute`; none for skipped nodes.
    pub timing: Vec<Timing>,
    /// The thread of dbt that ran the node.
    pub thread_id: Option<String>,
    /// What the database answered.
    pub adapter_response: Map<String, Value>,
    /// Whether the node was compiled (since v5).
    pub compiled: Option<bool>,
    /// The code that was sent to the database (since v5).
    pub compiled_code: Option<String>,
    /// The table's full name (since v5).
    pub relation_name: Option<String>,
    /// Of a microbatch model: how its batches went (v6, since dbt 1.9).
    pub batch_results: Option<BatchResults>,
}

/// A step of running a node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// `compile` or `execute`.
    pub name: String,
    /// As dbt wrote it: RFC 3339, UTC.
    pub started_at: Option<String>,
    /// As dbt wrote it: RFC 3339, UTC.
    pub completed_at: Option<String>,
}

/// How many batches of a microbatch model went which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchResults {
    /// Batches that succeeded.
    pub successful: usize,
    /// Batches that failed.
    pub failed: usize,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Document<'a> {
    #[serde(borrow)]
    results: Vec<ResultShape<'a>>,
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

/// Each batch is a pair of times.
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
    /// Where the text is not JSON, is something else than run results, or is of a version that is not supported.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        let (metadata, document) = read::<Document<'_>>(Artifact::RunResults, bytes)?;
        Ok(Self {
            metadata,
            results: document.results.into_iter().map(RunResult::from).collect(),
            elapsed_time: document.elapsed_time.0,
            args: document.args.unwrap_or_default(),
        })
    }

    /// The result of a node; the last one if there are several.
    pub fn get(&self, unique_id: &str) -> Option<&RunResult> {
        self.results
            .iter()
            .rfind(|result| result.unique_id == unique_id)
    }
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
