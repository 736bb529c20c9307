//! Task runs. They are reported by events, since the endpoints that create them take no times; here they are read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::states::{State, StateType};
use crate::client::Client;
use crate::error::Error;

/// A task run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct TaskRun {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its flow run.
    pub flow_run_id: Option<Uuid>,
    /// What it runs.
    pub task_key: String,
    /// Which run of that, within the flow run.
    pub dynamic_key: String,
    /// Its state.
    pub state: Option<State>,
    /// When it began.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// Seconds that it ran.
    #[serde(default)]
    pub total_run_time: f64,
    /// What it depends on: name of the input to its sources.
    #[serde(default)]
    pub task_inputs: BTreeMap<String, Vec<Value>>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Its labels.
    #[serde(default)]
    pub labels: Option<Map<String, Value>>,
}

/// Which task runs to read. An empty list selects nothing by itself.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct TaskRunFilter {
    /// Of these ids.
    pub ids: Vec<Uuid>,
    /// Of these flow runs.
    pub flow_run_ids: Vec<Uuid>,
    /// In states of these types.
    pub state_types: Vec<StateType>,
    /// At most this many, 200 at most; not for counting.
    pub limit: Option<u32>,
    /// After skipping this many; not for counting.
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
        json!({ "task_runs": runs })
    }
}

impl Client {
    /// Reads a task run.
    ///
    /// # Errors
    /// As every call.
    pub async fn read_task_run(&self, id: Uuid) -> Result<TaskRun, Error> {
        self.get(&format!("/task_runs/{id}")).await
    }

    /// Reads task runs, in the order of their ids.
    ///
    /// # Errors
    /// As every call.
    pub async fn filter_task_runs(&self, filter: &TaskRunFilter) -> Result<Vec<TaskRun>, Error> {
        let mut body = filter.body();
        body["limit"] = json!(filter.limit.unwrap_or(200));
        body["offset"] = json!(filter.offset);
        body["sort"] = json!("ID_DESC");
        self.post("/task_runs/filter", &body).await
    }

    /// Counts task runs.
    ///
    /// # Errors
    /// As every call.
    pub async fn count_task_runs(&self, filter: &TaskRunFilter) -> Result<u64, Error> {
        self.post("/task_runs/count", &filter.body()).await
    }
}
