//! The request for a new flow run.

use std::sync::Arc;

use prefect_client::{FlowRun, RetryRules};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::process_mark::ProcessMark;
use crate::model::NewFlowRun;

/// A flow run that is to be created. Clones stand for the same flow run.
#[derive(Debug, Clone)]
pub(crate) struct NewRun {
    /// Its names and tags.
    pub(crate) names: NewFlowRun,
    /// Its parameters.
    pub(crate) parameters: Map<String, Value>,
    /// Its idempotency key.
    pub(crate) key: Uuid,
    /// How often the server retries it.
    pub(crate) policy: RetryRules,
    /// The process that works for it; `None` for a run that is over.
    pub(crate) mark: Option<Arc<ProcessMark>>,
    /// The flow run and the name of its flow, once it is created. One request at a time creates it.
    pub(super) created: Arc<OnceCell<(FlowRun, String)>>,
}

impl NewRun {
    /// A flow run for a call of dbt with these arguments.
    pub(crate) fn new(names: NewFlowRun, args: &[String], key: Uuid, policy: RetryRules) -> Self {
        Self {
            names,
            parameters: Map::from_iter([("args".to_owned(), args.into())]),
            key,
            policy,
            mark: None,
            created: Arc::default(),
        }
    }

    /// The same for this process.
    pub(crate) fn marked(self, mark: ProcessMark) -> Self {
        Self {
            mark: Some(Arc::new(mark)),
            ..self
        }
    }

    /// The id of the flow run, once it is created.
    pub(crate) fn id(&self) -> Option<Uuid> {
        self.created.get().map(|(run, _)| run.id)
    }
}
