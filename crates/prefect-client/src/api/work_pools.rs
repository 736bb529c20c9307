//! Work pools.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::path::segment;
use crate::client::Client;
use crate::error::Error;

/// A work pool.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct WorkPool {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its type: `process`, `docker`, `kubernetes`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it hands out no runs.
    #[serde(default)]
    pub is_paused: bool,
    /// `READY` while a worker asks it for runs, else `NOT_READY`, or `PAUSED`; `None` where the server does not tell.
    pub status: Option<String>,
    /// What jobs on it look like; empty until its first worker has started.
    #[serde(default)]
    pub base_job_template: Map<String, Value>,
}

/// A work pool to be created.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewWorkPool {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What jobs on it look like; its first worker fills an empty one.
    pub base_job_template: Map<String, Value>,
}

impl NewWorkPool {
    /// A work pool of this name and type.
    #[must_use]
    pub fn new(name: &str, kind: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            base_job_template: Map::new(),
        }
    }
}

impl Client {
    /// Creates a work pool; refused (409) when one of that name exists.
    ///
    /// # Errors
    /// As every call.
    pub async fn create_work_pool(&self, pool: &NewWorkPool) -> Result<WorkPool, Error> {
        self.post_once("/work_pools/", pool).await
    }

    /// Reads the work pools, 200 at most.
    ///
    /// # Errors
    /// As every call.
    pub async fn read_work_pools(&self) -> Result<Vec<WorkPool>, Error> {
        self.post("/work_pools/filter", &json!({ "limit": 200 }))
            .await
    }

    /// Reads a work pool; `None` when there is none of that name.
    ///
    /// # Errors
    /// As every call, but for 404.
    pub async fn read_work_pool(&self, name: &str) -> Result<Option<WorkPool>, Error> {
        match self.get(&format!("/work_pools/{}", segment(name))).await {
            Err(error) if error.is_not_found() => Ok(None),
            answer => answer.map(Some),
        }
    }
}
