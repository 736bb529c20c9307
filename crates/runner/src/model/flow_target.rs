//! Which flow run an invocation reports to.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where an invocation reports to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlowTarget {
    /// A flow run that exists; `own_states` when its states are ours to set.
    Existing {
        /// The flow run.
        flow_run_id: Uuid,
        /// Whether we are its engine.
        own_states: bool,
    },
    /// A flow run that is created.
    Create {
        /// Its idempotency key; the run id when there is none. A repetition has that of the attempt before it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Uuid>,
        /// Name of the flow.
        flow_name: String,
        /// Name of the flow run.
        flow_run_name: String,
        /// Tags of the flow run.
        tags: Vec<String>,
    },
    /// Nothing: no Prefect API is configured, or it was declined.
    Nowhere {
        /// The run id of the first attempt; its own when there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Uuid>,
        /// Name of the flow, should it be reported later.
        #[serde(default)]
        flow_name: Option<String>,
        /// Name of the flow run, which the console shows.
        flow_run_name: String,
        /// Tags of the flow run.
        #[serde(default)]
        tags: Vec<String>,
    },
}

impl FlowTarget {
    /// The same flow run, once it has been created: by its id, or else by the key that it was to be created with.
    pub(crate) fn known_as(self, flow_run_id: Option<Uuid>, first: Uuid) -> Self {
        match (self, flow_run_id) {
            (Self::Create { .. }, Some(flow_run_id)) => Self::Existing {
                flow_run_id,
                own_states: true,
            },
            (
                Self::Create {
                    key,
                    flow_name,
                    flow_run_name,
                    tags,
                },
                None,
            ) => Self::Create {
                key: key.or(Some(first)),
                flow_name,
                flow_run_name,
                tags,
            },
            (known, _) => known,
        }
    }
}
