//! The request for a new flow run.

use prefect_client::RetryRules;
use serde_json::{Map, Value};
use uuid::Uuid;

/// A flow run that is to be created.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewRun {
    /// Name of the flow.
    pub flow_name: String,
    /// Name of the flow run.
    pub flow_run_name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its parameters.
    pub parameters: Map<String, Value>,
    /// Its idempotency key, if that is not the run id.
    pub key: Option<Uuid>,
    /// How often the server retries it.
    pub policy: RetryRules,
}
