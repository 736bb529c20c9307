//! The request for a new flow run.

use prefect_client::RetryRules;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::model::NewFlowRun;

/// A flow run that is to be created.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewRun {
    /// Its names and tags.
    pub(crate) names: NewFlowRun,
    /// Its parameters.
    pub(crate) parameters: Map<String, Value>,
    /// Its idempotency key, if that is not the run id.
    pub(crate) key: Option<Uuid>,
    /// How often the server retries it.
    pub(crate) policy: RetryRules,
}

impl NewRun {
    /// A flow run for a call of dbt with these arguments.
    pub(crate) fn new(
        names: NewFlowRun,
        args: &[String],
        key: Option<Uuid>,
        policy: RetryRules,
    ) -> Self {
        Self {
            names,
            parameters: Map::from_iter([("args".to_owned(), args.into())]),
            key,
            policy,
        }
    }
}
