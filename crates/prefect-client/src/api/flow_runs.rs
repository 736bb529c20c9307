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

/// A stored flow run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct FlowRun {
    /// The id of the flow run.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// The id of its flow.
    pub flow_id: Uuid,
    /// The current state; `None` for a moment after the creation.
    pub state: Option<State>,
    /// How many times it has entered Running.
    #[serde(default)]
    pub run_count: u32,
    /// The parameters of the run.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// The tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The labels: names and values for filters.
    #[serde(default)]
    pub labels: Option<Map<String, Value>>,
    /// The retry settings.
    pub empirical_policy: Option<RetryRules>,
    /// The id of the deployment that created it.
    pub deployment_id: Option<Uuid>,
    /// The id of the work queue that it was submitted to.
    pub work_queue_id: Option<Uuid>,
    /// The name of the work queue.
    pub work_queue_name: Option<String>,
    /// The id of the work pool that it was submitted to.
    pub work_pool_id: Option<Uuid>,
    /// The name of the work pool.
    pub work_pool_name: Option<String>,
    /// The task run of the parent flow run that stands for it, if it is a subflow run.
    pub parent_task_run_id: Option<Uuid>,
    /// The idempotency key that it was created with.
    pub idempotency_key: Option<String>,
    /// When it first entered Running.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
}

/// The retry settings of a flow run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RetryRules {
    /// The maximum number of retries.
    pub retries: Option<u32>,
    /// The delay before each retry, in seconds.
    pub retry_delay: Option<u64>,
}

/// A flow run to create.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewFlowRun {
    /// The id of its flow, which must exist.
    pub flow_id: Uuid,
    /// The name; the server makes one up if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The parameters of the run.
    pub parameters: Map<String, Value>,
    /// The tags.
    pub tags: Vec<String>,
    /// The labels: names and values for filters.
    pub labels: BTreeMap<String, Value>,
    /// If a run with this key exists, the server returns it and creates none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// The retry settings.
    pub empirical_policy: RetryRules,
    /// The task run of the parent flow run that stands for it, if it is a subflow run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_task_run_id: Option<Uuid>,
    /// The initial state. `None` is Pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<NewState>,
}

impl NewFlowRun {
    /// A Pending flow run of this flow.
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

/// Changes to a flow run; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FlowRunPatch {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// The parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Map<String, Value>>,
    /// The retry settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empirical_policy: Option<RetryRules>,
    /// The host and process that it runs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub infrastructure_pid: Option<String>,
}

/// Which flow runs to read: all conditions must hold. An empty list is no condition.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct FlowRunFilter {
    /// The id is one of these.
    pub ids: Vec<Uuid>,
    /// The name is one of these.
    pub names: Vec<String>,
    /// The id of its flow is one of these.
    pub flow_ids: Vec<Uuid>,
    /// The name of its flow is one of these.
    pub flow_names: Vec<String>,
    /// The type of its state is one of these.
    pub state_types: Vec<StateType>,
    /// The idempotency key is one of these.
    pub idempotency_keys: Vec<String>,
    /// The maximum number of results; at most 200.
    pub limit: Option<u32>,
    /// The number of results to skip.
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
        if !self.flow_ids.is_empty() {
            body["flows"]["id"] = json!({ "any_": self.flow_ids });
        }
        if !self.flow_names.is_empty() {
            body["flows"]["name"] = json!({ "any_": self.flow_names });
        }
        body
    }
}

setters! {
    NewFlowRun {
        into with_name(name: String);
        set with_parameters(parameters: Map<String, Value>);
        list with_tags(tags: String);
        set with_labels(labels: BTreeMap<String, Value>);
        into with_idempotency_key(idempotency_key: String);
        set with_retries(empirical_policy: RetryRules);
        some with_parent_task_run_id(parent_task_run_id: Uuid);
        some with_state(state: NewState);
    }
}

setters! {
    RetryRules {
        some with_retries(retries: u32);
        some with_retry_delay(retry_delay: u64);
    }
}

setters! {
    FlowRunPatch {
        into with_name(name: String);
        some with_tags(tags: Vec<String>);
        some with_parameters(parameters: Map<String, Value>);
        some with_retries(empirical_policy: RetryRules);
        into with_infrastructure_pid(infrastructure_pid: String);
    }
}

setters! {
    FlowRunFilter {
        list with_ids(ids: Uuid);
        list with_names(names: String);
        list with_flow_ids(flow_ids: Uuid);
        list with_flow_names(flow_names: String);
        list with_state_types(state_types: StateType);
        list with_idempotency_keys(idempotency_keys: String);
        some with_limit(limit: u32);
        set with_offset(offset: u32);
    }
}

impl Client {
    /// Creates a flow run, or returns the existing one with the same idempotency key.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn create_flow_run(&self, run: &NewFlowRun) -> Result<FlowRun, Error> {
        if run.idempotency_key.is_some() {
            self.post("/flow_runs/", run).await
        } else {
            self.post_once("/flow_runs/", run).await
        }
    }

    /// Reads a flow run by its id.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn read_flow_run(&self, id: Uuid) -> Result<FlowRun, Error> {
        self.get(&format!("/flow_runs/{id}")).await
    }

    /// Reads the flow runs that match the filter.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn filter_flow_runs(&self, filter: &FlowRunFilter) -> Result<Vec<FlowRun>, Error> {
        self.post("/flow_runs/filter", &filter.body()).await
    }

    /// Proposes a state. With a transition id, repeating the proposal changes nothing. `force` skips the server's orchestration
    /// rules.
    ///
    /// # Errors
    /// If the request fails. A proposal that the server rejects is not an error: see [`Proposal`].
    pub async fn set_flow_run_state(
        &self,
        id: Uuid,
        state: &NewState,
        force: bool,
    ) -> Result<Proposal, Error> {
        let path = format!("/flow_runs/{id}/set_state");
        let body = json!({ "state": state, "force": force });
        if state.has_transition_id() {
            self.post(&path, &body).await
        } else {
            self.post_once(&path, &body).await
        }
    }

    /// Changes a flow run.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn update_flow_run(&self, id: Uuid, patch: &FlowRunPatch) -> Result<(), Error> {
        let path = format!("/flow_runs/{id}");
        self.submit(Method::PATCH, &path, patch, true).await
    }

    /// Adds labels to a flow run.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn label_flow_run(
        &self,
        id: Uuid,
        labels: &BTreeMap<String, Value>,
    ) -> Result<(), Error> {
        let path = format!("/flow_runs/{id}/labels");
        self.submit(Method::PATCH, &path, labels, true).await
    }

    /// Reads the dependency graph of a flow run (`graph-v2`), from which Prefect draws the run's page.
    ///
    /// # Errors
    /// If the request fails: with status 400 above 10 000 nodes.
    pub async fn read_flow_run_graph(&self, id: Uuid) -> Result<Value, Error> {
        self.get(&format!("/flow_runs/{id}/graph-v2")).await
    }

    /// Deletes a flow run.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn delete_flow_run(&self, id: Uuid) -> Result<(), Error> {
        self.delete(&format!("/flow_runs/{id}")).await
    }
}
