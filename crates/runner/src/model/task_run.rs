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
    /// The runs of the node before this one, in the same attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Box<EarlierRuns>>,
}

/// The runs of a node that failed and were followed by another one in the same attempt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EarlierRuns {
    /// Their number.
    pub count: u32,
    /// When the first of them started, by dbt's clock.
    pub first_start: Timestamp,
    /// How long they took together, in seconds, without the pauses.
    pub seconds: f64,
}

/// Why a node that failed waits for another run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RetryWait {
    /// When the node failed, by dbt's clock.
    pub failed: Timestamp,
    /// Why it failed, and why that may be over.
    pub message: String,
}

impl TaskRun {
    /// How many times the node has started to run.
    #[must_use]
    pub fn run_count(&self) -> u32 {
        self.earlier
            .as_ref()
            .map_or(1, |earlier| earlier.count.saturating_add(1))
    }

    /// When the node started for the first time.
    #[must_use]
    pub fn first_start(&self) -> Timestamp {
        self.earlier
            .as_ref()
            .map_or(self.start_time, |earlier| earlier.first_start)
    }
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
