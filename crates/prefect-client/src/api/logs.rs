//! Logs of flow runs and task runs.

use jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::client::Client;
use crate::error::Error;

/// A log line to store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Log {
    /// The name of the logger.
    pub name: String,
    /// Python's level number: 10 debug, 20 info, 30 warning, 40 error, 50 critical.
    pub level: u8,
    /// The text of the line.
    pub message: String,
    /// When it was written.
    pub timestamp: Timestamp,
    /// The flow run that it is shown on.
    pub flow_run_id: Option<Uuid>,
    /// The task run that it is shown on.
    pub task_run_id: Option<Uuid>,
}

impl Log {
    /// A log line that belongs to no run yet.
    #[must_use]
    pub fn new(name: &str, level: u8, message: impl Into<String>, timestamp: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            level,
            message: message.into(),
            timestamp,
            flow_run_id: None,
            task_run_id: None,
        }
    }

    /// Sets the flow run and the task run.
    #[must_use]
    pub fn of_run(mut self, flow_run_id: Option<Uuid>, task_run_id: Option<Uuid>) -> Self {
        self.flow_run_id = flow_run_id;
        self.task_run_id = task_run_id;
        self
    }
}

/// A stored log line.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct StoredLog {
    /// The id of the line.
    pub id: Option<Uuid>,
    /// The name of the logger.
    pub name: String,
    /// Python's level number: see [`Log::level`].
    pub level: u8,
    /// The text. The server removes NUL characters.
    pub message: String,
    /// When it was written.
    pub timestamp: Timestamp,
    /// The flow run that it is shown on.
    pub flow_run_id: Option<Uuid>,
    /// The task run that it is shown on.
    pub task_run_id: Option<Uuid>,
}

/// Which logs to read: all conditions must hold. An empty list or `None` is no condition.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct LogFilter {
    /// The flow run is one of these.
    pub flow_run_ids: Vec<Uuid>,
    /// The task run is one of these.
    pub task_run_ids: Vec<Uuid>,
    /// The level is this one or higher.
    pub min_level: Option<u8>,
    /// The time is this one or later.
    pub not_before: Option<Timestamp>,
    /// The time is this one or earlier.
    pub not_after: Option<Timestamp>,
    /// Whether the newest logs come first, instead of the oldest.
    pub newest_first: bool,
    /// The maximum number of results; at most 200.
    pub limit: Option<u32>,
    /// The number of results to skip.
    pub offset: u32,
}

impl LogFilter {
    fn body(&self) -> Value {
        let mut logs = Map::new();
        if !self.flow_run_ids.is_empty() {
            logs.insert(
                "flow_run_id".to_owned(),
                json!({ "any_": self.flow_run_ids }),
            );
        }
        if !self.task_run_ids.is_empty() {
            logs.insert(
                "task_run_id".to_owned(),
                json!({ "any_": self.task_run_ids }),
            );
        }
        if let Some(level) = self.min_level {
            logs.insert("level".to_owned(), json!({ "ge_": level }));
        }
        if self.not_before.is_some() || self.not_after.is_some() {
            let times = json!({ "after_": self.not_before, "before_": self.not_after });
            logs.insert("timestamp".to_owned(), times);
        }
        json!({
            "logs": logs,
            "limit": self.limit.unwrap_or(200),
            "offset": self.offset,
            "sort": if self.newest_first { "TIMESTAMP_DESC" } else { "TIMESTAMP_ASC" },
        })
    }
}

setters! {
    LogFilter {
        list with_flow_run_ids(flow_run_ids: Uuid);
        list with_task_run_ids(task_run_ids: Uuid);
        some with_min_level(min_level: u8);
        some with_not_before(not_before: Timestamp);
        some with_not_after(not_after: Timestamp);
        set with_newest_first(newest_first: bool);
        some with_limit(limit: u32);
        set with_offset(offset: u32);
    }
}

impl Client {
    /// Stores log lines: all, or none if the call fails. Logs have no id of the client's: if [`Error::may_have_acted`] is true,
    /// read the logs before sending them again. For this reason the method retries only requests that the server has not
    /// executed.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn create_logs(&self, logs: &[Log]) -> Result<(), Error> {
        self.submit(Method::POST, "/logs/", &logs, false).await
    }

    /// Reads the logs that match the filter.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn filter_logs(&self, filter: &LogFilter) -> Result<Vec<StoredLog>, Error> {
        self.post("/logs/filter", &filter.body()).await
    }
}
