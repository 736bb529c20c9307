//! Flow runs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::states::{NewState, Proposal, State, StateType};
use crate::client::Client;
use crate::error::Error;

/// A flow run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct FlowRun {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its flow.
    pub flow_id: Uuid,
    /// Its state; `None` for a moment after its birth.
    pub state: Option<State>,
    /// How often it has begun to run.
    #[serde(default)]
    pub run_count: u32,
    /// Its parameters.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Its labels.
    #[serde(default)]
    pub labels: Option<Map<String, Value>>,
    /// What happens when it fails.
    pub empirical_policy: Option<RetryRules>,
    /// The deployment it belongs to.
    pub deployment_id: Option<Uuid>,
    /// The work queue that it came through.
    pub work_queue_id: Option<Uuid>,
    /// Name of that.
    pub work_queue_name: Option<String>,
    /// The work pool that it came through.
    pub work_pool_id: Option<Uuid>,
    /// Name of that.
    pub work_pool_name: Option<String>,
    /// The task run that stands for it in another flow run.
    pub parent_task_run_id: Option<Uuid>,
    /// The key that it was created with.
    pub idempotency_key: Option<String>,
    /// When it first ran.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
}

/// What happens when a run fails.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RetryRules {
    /// How often it is run again.
    pub retries: Option<u32>,
    /// Seconds between.
    pub retry_delay: Option<u64>,
}

/// A flow run to be created.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewFlowRun {
    /// Its flow, which must exist.
    pub flow_id: Uuid,
    /// Its name; the server finds one when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its parameters.
    pub parameters: Map<String, Value>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, Value>,
    /// Creating a run with the key of one that exists gives that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// What happens when it fails.
    pub empirical_policy: RetryRules,
    /// The task run that stands for it in another flow run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_task_run_id: Option<Uuid>,
    /// Its first state; Pending when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<NewState>,
}

impl NewFlowRun {
    /// A Pending run of this flow.
    #[must_use]
    pub fn new(flow_id: Uuid) -> Self {
        Self {
            flow_id,
            name: None,
            parameters: Map::new(),
            tags: Vec::new(),
            labels: BTreeMap::new(),
            idempotency_key: None,
            empirical_policy: RetryRules::default(),
            parent_task_run_id: None,
            state: Some(NewState::new(StateType::Pending)),
        }
    }
}

/// What to change in a flow run; `None` leaves a thing as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FlowRunPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Its parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Map<String, Value>>,
    /// What happens when it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empirical_policy: Option<RetryRules>,
    /// Where its process is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_pid: Option<String>,
}

/// Which flow runs to read. An empty list selects nothing by itself.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct FlowRunFilter {
    /// Of these ids.
    pub ids: Vec<Uuid>,
    /// Of these names.
    pub names: Vec<String>,
    /// Of flows with these names.
    pub flow_names: Vec<String>,
    /// In states of these types.
    pub state_types: Vec<StateType>,
    /// Created with one of these keys.
    pub idempotency_keys: Vec<String>,
    /// At most this many, 200 at most.
    pub limit: Option<u32>,
    /// After skipping this many.
    pub offset: u32,
}

impl FlowRunFilter {
    fn body(&self) -> Value {
        let mut runs = Map::new();
        if !self.ids.is_empty() {
            runs.insert("id".to_owned(), json!({ "any_": self.ids }));
        }
        if !self.names.is_empty() {
            runs.insert("name".to_owned(), json!({ "any_": self.names }));
        }
        if !self.state_types.is_empty() {
            runs.insert(
                "state".to_owned(),
                json!({ "type": { "any_": self.state_types } }),
            );
        }
        if !self.idempotency_keys.is_empty() {
            let keys = json!({ "any_": self.idempotency_keys });
            runs.insert("idempotency_key".to_owned(), keys);
        }
        let mut body =
            json!({ "flow_runs": runs, "offset": self.offset, "limit": self.limit.unwrap_or(200) });
        if !self.flow_names.is_empty() {
            body["flows"] = json!({ "name": { "any_": self.flow_names } });
        }
        body
    }
}

impl Client {
    /// Creates a flow run, or finds the one with its idempotency key.
    ///
    /// # Errors
    /// As every call.
    pub async fn create_flow_run(&self, run: &NewFlowRun) -> Result<FlowRun, Error> {
        if run.idempotency_key.is_some() {
            self.post("/flow_runs/", run).await
        } else {
            self.post_once("/flow_runs/", run).await
        }
    }

    /// Reads a flow run.
    ///
    /// # Errors
    /// As every call.
    pub async fn read_flow_run(&self, id: Uuid) -> Result<FlowRun, Error> {
        self.get(&format!("/flow_runs/{id}")).await
    }

    /// Reads flow runs.
    ///
    /// # Errors
    /// As every call.
    pub async fn filter_flow_runs(&self, filter: &FlowRunFilter) -> Result<Vec<FlowRun>, Error> {
        self.post("/flow_runs/filter", &filter.body()).await
    }

    /// Proposes a state. Give it a transition id, and a repetition does no harm. `force` skips the server's rules.
    ///
    /// # Errors
    /// As every call. A proposal that the server does not accept is an answer, not an error.
    pub async fn set_flow_run_state(
        &self,
        id: Uuid,
        state: &NewState,
        force: bool,
    ) -> Result<Proposal, Error> {
        let path = format!("/flow_runs/{id}/set_state");
        let body = json!({ "state": state, "force": force });
        if state.state_details.get("transition_id").is_some() {
            self.post(&path, &body).await
        } else {
            self.post_once(&path, &body).await
        }
    }

    /// Changes a flow run.
    ///
    /// # Errors
    /// As every call.
    pub async fn update_flow_run(&self, id: Uuid, patch: &FlowRunPatch) -> Result<(), Error> {
        let path = format!("/flow_runs/{id}");
        self.submit(Method::PATCH, &path, patch, true).await
    }

    /// Adds labels to a flow run.
    ///
    /// # Errors
    /// As every call.
    pub async fn label_flow_run(
        &self,
        id: Uuid,
        labels: &BTreeMap<String, Value>,
    ) -> Result<(), Error> {
        let path = format!("/flow_runs/{id}/labels");
        self.submit(Method::PATCH, &path, labels, true).await
    }

    /// Reads the dependency graph of a flow run (`graph-v2`), as the server draws it.
    ///
    /// # Errors
    /// As every call; 400 above 10 000 nodes.
    pub async fn read_flow_run_graph(&self, id: Uuid) -> Result<Value, Error> {
        self.get(&format!("/flow_runs/{id}/graph-v2")).await
    }

    /// Deletes a flow run.
    ///
    /// # Errors
    /// As every call.
    pub async fn delete_flow_run(&self, id: Uuid) -> Result<(), Error> {
        self.delete(&format!("/flow_runs/{id}")).await
    }
}
