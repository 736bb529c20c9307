//! Task runs. They are created by events, because the endpoints that create them accept no times.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::states::{NewState, Proposal, State, StateType};
use crate::client::Client;
use crate::error::Error;

/// A stored task run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct TaskRun {
    /// The id of the task run.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// The id of its flow run.
    pub flow_run_id: Option<Uuid>,
    /// The key of the task that it runs.
    pub task_key: String,
    /// Distinguishes the runs of one task within the flow run.
    pub dynamic_key: String,
    /// The current state.
    pub state: Option<State>,
    /// When it started.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// How long it ran, in seconds.
    #[serde(default)]
    pub total_run_time: f64,
    /// Its dependencies: the name of each input, with the runs that it comes from.
    #[serde(default)]
    pub task_inputs: BTreeMap<String, Vec<Value>>,
    /// The tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The labels: names and values for filters.
    #[serde(default)]
    pub labels: Option<Map<String, Value>>,
}

/// Which task runs to read: all conditions must hold. An empty list is no condition.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct TaskRunFilter {
    /// The id is one of these.
    pub ids: Vec<Uuid>,
    /// The flow run is one of these.
    pub flow_run_ids: Vec<Uuid>,
    /// The type of the state is one of these.
    pub state_types: Vec<StateType>,
    /// The flow of its flow run is one of these.
    pub flow_ids: Vec<Uuid>,
    /// The name of the flow of its flow run is one of these.
    pub flow_names: Vec<String>,
    /// The type of the state of its flow run is one of these.
    pub flow_run_state_types: Vec<StateType>,
    /// Its flow run ended before this time, by the server's clock.
    pub flow_run_ended_before: Option<Timestamp>,
    /// The maximum number of results; at most 200. Ignored when counting.
    pub limit: Option<u32>,
    /// The number of results to skip. Ignored when counting.
    pub offset: u32,
}

impl TaskRunFilter {
    fn body(&self) -> Value {
        let mut runs = Map::new();
        if !self.ids.is_empty() {
            runs.insert("id".to_owned(), json!({ "any_": self.ids }));
        }
        if !self.flow_run_ids.is_empty() {
            runs.insert(
                "flow_run_id".to_owned(),
                json!({ "any_": self.flow_run_ids }),
            );
        }
        if !self.state_types.is_empty() {
            runs.insert(
                "state".to_owned(),
                json!({ "type": { "any_": self.state_types } }),
            );
        }
        let mut body = json!({ "task_runs": runs });
        if !self.flow_ids.is_empty() {
            body["flows"]["id"] = json!({ "any_": self.flow_ids });
        }
        if !self.flow_names.is_empty() {
            body["flows"]["name"] = json!({ "any_": self.flow_names });
        }
        if !self.flow_run_state_types.is_empty() {
            body["flow_runs"]["state"] = json!({ "type": { "any_": self.flow_run_state_types } });
        }
        if let Some(end) = self.flow_run_ended_before {
            body["flow_runs"]["end_time"] = json!({ "before_": end });
        }
        body
    }
}

setters! {
    TaskRunFilter {
        list with_ids(ids: Uuid);
        list with_flow_run_ids(flow_run_ids: Uuid);
        list with_state_types(state_types: StateType);
        list with_flow_ids(flow_ids: Uuid);
        list with_flow_names(flow_names: String);
        list with_flow_run_state_types(flow_run_state_types: StateType);
        some with_flow_run_ended_before(flow_run_ended_before: Timestamp);
        some with_limit(limit: u32);
        set with_offset(offset: u32);
    }
}

impl Client {
    /// Reads a task run by its id.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn read_task_run(&self, id: Uuid) -> Result<TaskRun, Error> {
        self.get(&format!("/task_runs/{id}")).await
    }

    /// Reads the task runs that match the filter, ordered by id.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn filter_task_runs(&self, filter: &TaskRunFilter) -> Result<Vec<TaskRun>, Error> {
        let mut body = filter.body();
        body["limit"] = json!(filter.limit.unwrap_or(200));
        body["offset"] = json!(filter.offset);
        body["sort"] = json!("ID_DESC");
        self.post("/task_runs/filter", &body).await
    }

    /// Proposes a state of a task run, as of now by the server's clock. With a transition id, repeating the proposal changes
    /// nothing.
    ///
    /// # Errors
    /// If the request fails. A proposal that the server rejects is not an error: see [`Proposal`].
    pub async fn set_task_run_state(&self, id: Uuid, state: &NewState) -> Result<Proposal, Error> {
        let path = format!("/task_runs/{id}/set_state");
        let body = json!({ "state": state });
        if state.has_transition_id() {
            self.post(&path, &body).await
        } else {
            self.post_once(&path, &body).await
        }
    }

    /// Counts the task runs that match the filter.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn count_task_runs(&self, filter: &TaskRunFilter) -> Result<u64, Error> {
        self.post("/task_runs/count", &filter.body()).await
    }
}
