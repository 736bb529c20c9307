//! Flows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::path::segment;
use crate::client::Client;
use crate::error::Error;

/// A flow.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Flow {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A flow to be created.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewFlow {
    /// Its name.
    pub name: String,
    /// Its tags; those of a flow that exists stay as they are.
    pub tags: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, Value>,
}

impl NewFlow {
    /// A flow of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            tags: Vec::new(),
            labels: BTreeMap::new(),
        }
    }
}

impl Client {
    /// Creates the flow, or finds the one of that name.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a name that Prefect does not take; else as every call.
    pub async fn create_flow(&self, flow: &NewFlow) -> Result<Flow, Error> {
        if flow.name.is_empty() || flow.name.contains(['/', '%', '&', '>', '<']) {
            let name = &flow.name;
            return Err(Error::invalid(format!(
                "the flow name `{name}` is empty or holds one of / % & > <"
            )));
        }
        self.post("/flows/", flow).await
    }

    /// Reads a flow.
    ///
    /// # Errors
    /// As every call.
    pub async fn read_flow(&self, id: Uuid) -> Result<Flow, Error> {
        self.get(&format!("/flows/{id}")).await
    }

    /// Reads a flow by its name.
    ///
    /// # Errors
    /// As every call.
    pub async fn read_flow_by_name(&self, name: &str) -> Result<Flow, Error> {
        self.get(&format!("/flows/name/{}", segment(name))).await
    }
}
