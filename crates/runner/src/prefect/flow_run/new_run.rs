//! A flow run to be created.

use prefect_client::RetryRules;
use serde_json::{Map, Value};
use uuid::Uuid;

/// A flow run to be created.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewRun {
    /// Name of its flow.
    pub flow_name: String,
    /// Its name.
    pub flow_run_name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its parameters.
    pub parameters: Map<String, Value>,
    /// Its idempotency key; the run id when there is none.
    pub key: Option<Uuid>,
    /// What happens when it fails.
    pub policy: RetryRules,
}
