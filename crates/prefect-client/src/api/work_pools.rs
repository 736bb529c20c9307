//! Work pools: where the runs of deployments are executed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::path::segment;
use crate::client::Client;
use crate::error::Error;

/// A stored work pool.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct WorkPool {
    /// The id of the work pool.
    pub id: Uuid,
    /// The name, unique on the server.
    pub name: String,
    /// The type: `process`, `docker`, `kubernetes`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is paused: workers get no runs from it.
    #[serde(default)]
    pub is_paused: bool,
    /// `READY` while a worker polls it, else `NOT_READY`, or `PAUSED`; `None` if the server does not return it.
    pub status: Option<String>,
    /// The template of its jobs; empty until its first worker has started.
    #[serde(default)]
    pub base_job_template: Map<String, Value>,
}

/// A work pool to create.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewWorkPool {
    /// The name, unique on the server.
    pub name: String,
    /// The type: `process`, `docker`, `kubernetes`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// The template of its jobs. If it is empty, the first worker sets it.
    pub base_job_template: Map<String, Value>,
}

impl NewWorkPool {
    /// A work pool with this name and type.
    #[must_use]
    pub fn new(name: &str, kind: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            base_job_template: Map::new(),
        }
    }
}

setters! {
    NewWorkPool {
        set with_base_job_template(base_job_template: Map<String, Value>);
    }
}

impl Client {
    /// Creates a work pool. Status 409 if there is one with this name.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn create_work_pool(&self, pool: &NewWorkPool) -> Result<WorkPool, Error> {
        self.post_once("/work_pools/", pool).await
    }

    /// Reads the work pools; at most 200.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn read_work_pools(&self) -> Result<Vec<WorkPool>, Error> {
        self.post("/work_pools/filter", &json!({ "limit": 200 }))
            .await
    }

    /// Reads a work pool; `None` if there is none with this name.
    ///
    /// # Errors
    /// If the request fails; never with status 404.
    pub async fn read_work_pool(&self, name: &str) -> Result<Option<WorkPool>, Error> {
        match self.get(&format!("/work_pools/{}", segment(name))).await {
            Err(error) if error.is_not_found() => Ok(None),
            answer => answer.map(Some),
        }
    }
}
