//! A node of dbt as a Prefect task run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A node of dbt as a Prefect task run. Each effect repeats it, since any effect may be the only one that arrives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskRun {
    /// Id of the task run: uuid5 of run id, unique_id and attempt, so that edges are known in advance.
    pub id: Uuid,
    /// dbt's unique_id; the task key.
    pub unique_id: String,
    /// `<run id>#<attempt>`; the dynamic key.
    pub dynamic_key: String,
    /// `<resource_type> <name>`; where two nodes share a name, version or package tells them apart.
    pub name: String,
    /// When the node started, by dbt's clock (UTC, microseconds).
    pub start_time: Timestamp,
    /// The task runs of the upstream nodes that take part in the run.
    pub wait_for: Vec<Uuid>,
    /// `dbt.*` labels.
    pub labels: BTreeMap<String, String>,
}

/// A task run by id and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskRef {
    /// Id of the task run.
    pub id: Uuid,
    /// Name of the task run, for the console.
    pub name: String,
}
