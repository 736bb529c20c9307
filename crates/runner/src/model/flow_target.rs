//! Which flow run an invocation reports to.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which flow run an invocation reports to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlowTarget {
    /// A flow run that exists.
    Existing {
        /// Id of the flow run.
        flow_run_id: Uuid,
        /// Whether we are its engine, and set its states.
        own_states: bool,
    },
    /// A flow run that we create.
    Create {
        /// Its idempotency key; `None` for the run id. A retry has the key of the attempt before it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Uuid>,
        /// Name of the flow.
        flow_name: String,
        /// Name of the flow run.
        flow_run_name: String,
        /// Tags of the flow run.
        tags: Vec<String>,
    },
    /// No flow run: no Prefect API is configured, or reporting is disabled.
    Nowhere {
        /// The run id of the first attempt; `None` for the first attempt itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Uuid>,
        /// Name of the flow, if the run is reported later.
        #[serde(default)]
        flow_name: Option<String>,
        /// Name of the flow run, as the console shows it.
        flow_run_name: String,
        /// Tags of the flow run.
        #[serde(default)]
        tags: Vec<String>,
    },
}

impl FlowTarget {
    /// The same flow run after it was created: by its id, else by the idempotency key `first`.
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
