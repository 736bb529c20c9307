//! Logs.

use jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::client::Client;
use crate::error::Error;

/// A log line to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Log {
    /// Name of the logger.
    pub name: String,
    /// Python's level number: 10 debug, 20 info, 30 warning, 40 error, 50 critical.
    pub level: u8,
    /// The text.
    pub message: String,
    /// When it was written.
    pub timestamp: Timestamp,
    /// The flow run that it belongs to.
    pub flow_run_id: Option<Uuid>,
    /// The task run that it belongs to.
    pub task_run_id: Option<Uuid>,
}

impl Log {
    /// A line of a logger.
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

    /// In these runs.
    #[must_use]
    pub fn of_run(mut self, flow_run_id: Option<Uuid>, task_run_id: Option<Uuid>) -> Self {
        self.flow_run_id = flow_run_id;
        self.task_run_id = task_run_id;
        self
    }
}

/// A log line as the server keeps it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct StoredLog {
    /// Its id.
    pub id: Option<Uuid>,
    /// Name of the logger.
    pub name: String,
    /// Its level.
    pub level: u8,
    /// The text, without the NUL characters that it may have had.
    pub message: String,
    /// When it was written.
    pub timestamp: Timestamp,
    /// The flow run that it belongs to.
    pub flow_run_id: Option<Uuid>,
    /// The task run that it belongs to.
    pub task_run_id: Option<Uuid>,
}

/// Which logs to read, oldest first. An empty list or `None` selects nothing by itself.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct LogFilter {
    /// Of these flow runs.
    pub flow_run_ids: Vec<Uuid>,
    /// Of these task runs.
    pub task_run_ids: Vec<Uuid>,
    /// At or above this level.
    pub min_level: Option<u8>,
    /// Not older than this.
    pub not_before: Option<Timestamp>,
    /// Not younger than this.
    pub not_after: Option<Timestamp>,
    /// At most this many, 200 at most.
    pub limit: Option<u32>,
    /// After skipping this many.
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
            "sort": "TIMESTAMP_ASC",
        })
    }
}

impl Client {
    /// Stores logs; all of them or, when the API refuses, none. Logs have no identity: after an error for which
    /// [`Error::may_have_acted`] is true, read before sending again. This method therefore repeats a request only when
    /// the server cannot have acted on it.
    ///
    /// # Errors
    /// As every call.
    pub async fn create_logs(&self, logs: &[Log]) -> Result<(), Error> {
        self.submit(Method::POST, "/logs/", &logs, false).await
    }

    /// Reads logs, oldest first.
    ///
    /// # Errors
    /// As every call.
    pub async fn filter_logs(&self, filter: &LogFilter) -> Result<Vec<StoredLog>, Error> {
        self.post("/logs/filter", &filter.body()).await
    }
}
