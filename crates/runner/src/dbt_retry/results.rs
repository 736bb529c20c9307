//! run_results.json, as `dbt retry` reads it.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::dbt::stream_artifact;
use crate::model::{NodeStatus, RemainingNode};

/// The part of dbt's results that `dbt retry` needs. Messages, code and responses of the database are not read: they are
/// long and may hold secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(super) metadata: Value,
    pub(super) args: Value,
    #[serde(default)]
    pub(super) elapsed_time: f64,
    pub(super) results: Vec<NodeResult>,
}

/// The result of a node. It is written with the required fields of run-results v5 and v6.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "Map<String, Value>")]
pub(super) struct NodeResult {
    pub(super) unique_id: String,
    pub(super) status: NodeStatus,
    pub(super) batch_results: Option<Value>,
}

impl Results {
    /// Reads a file. `None` if it is missing or cannot be read.
    pub(super) fn read(path: &Path) -> Option<Self> {
        stream_artifact(path, |text| serde_json::from_reader(BufReader::new(text)))?
            .inspect_err(
                |error| tracing::debug!(%error, "cannot read run_results.json, which is ignored"),
            )
            .ok()
    }

    /// The id of the invocation of dbt that wrote them; empty if it is missing.
    pub(super) fn invocation_id(&self) -> &str {
        text(&self.metadata, "invocation_id")
    }

    /// The version of dbt that wrote them.
    pub(super) fn dbt_version(&self) -> &str {
        text(&self.metadata, "dbt_version")
    }

    /// dbt's command, as run_results.json names it (`generate` for `docs generate`).
    pub(super) fn command(&self) -> &str {
        text(&self.args, "which")
    }

    /// The nodes, for a ledger.
    pub(super) fn nodes(&self) -> BTreeMap<String, RemainingNode> {
        let node = |result: &NodeResult| {
            let node = RemainingNode {
                status: result.status.clone(),
                batch_results: result.batch_results.clone(),
            };
            (result.unique_id.clone(), node)
        };
        self.results.iter().map(node).collect()
    }

    /// Keeps only the nodes that `dbt retry` runs again. It does not run SQL hooks again.
    pub(super) fn keep_retried(&mut self) {
        for result in &mut self.results {
            // `dbt retry` ignores a status that it does not know, but an unknown status is a failure.
            if let NodeStatus::Unknown(_) = result.status {
                result.status = NodeStatus::Error;
            }
        }
        self.results.retain(|result| {
            result.status.is_retried_by_dbt() && !result.unique_id.starts_with("operation.")
        });
    }

    /// Adds results of nodes that never started, as skipped.
    pub(super) fn add_skipped(&mut self, ids: &[String]) {
        self.results.extend(ids.iter().map(|id| NodeResult {
            unique_id: id.clone(),
            status: NodeStatus::Skipped,
            batch_results: None,
        }));
    }

    /// The unique_ids of the nodes.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.results.iter().map(|result| result.unique_id.as_str())
    }
}

impl From<NodeResult> for Map<String, Value> {
    fn from(result: NodeResult) -> Self {
        let fields = json!({
            "unique_id": result.unique_id,
            "status": result.status,
            "timing": [],
            "thread_id": "",
            "execution_time": 0.0,
            "adapter_response": {},
            "message": null,
            "failures": null,
            "compiled": null,
            "compiled_code": null,
            "relation_name": null,
        });
        let Value::Object(mut fields) = fields else {
            return Self::new();
        };
        // dbt before 1.9 does not have this field.
        if let Some(batches) = result.batch_results {
            fields.insert("batch_results".to_owned(), batches);
        }
        fields
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_with_numbers_that_are_not_finite_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run_results.json");
        let text = r#"{"metadata": {"invocation_id": "i"}, "args": {"which": "run", "vars": {"x": Infinity}},
            "results": [{"unique_id": "model.p.a", "status": "error", "adapter_response": {"rate": NaN}}]}"#;
        std::fs::write(&path, text).unwrap();
        let results = Results::read(&path).unwrap();
        assert_eq!(results.ids().collect::<Vec<_>>(), ["model.p.a"]);
        assert_eq!(results.command(), "run");
    }
}
