//! Flows: the names under which flow runs are grouped.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::path::segment;
use crate::client::Client;
use crate::error::Error;

/// A stored flow.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Flow {
    /// The id of the flow.
    pub id: Uuid,
    /// The name, unique on the server.
    pub name: String,
    /// The tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A flow to create.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewFlow {
    /// The name, unique on the server.
    pub name: String,
    /// The tags. Those of an existing flow are not changed.
    pub tags: Vec<String>,
    /// The labels: names and values for filters.
    pub labels: BTreeMap<String, Value>,
}

impl NewFlow {
    /// A flow with this name, without tags and labels.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            tags: Vec::new(),
            labels: BTreeMap::new(),
        }
    }
}

setters! {
    NewFlow {
        list with_tags(tags: String);
        set with_labels(labels: BTreeMap<String, Value>);
    }
}

impl Client {
    /// Creates the flow, or returns the existing one with the same name.
    ///
    /// # Errors
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) for an invalid name, or if the request fails.
    pub async fn create_flow(&self, flow: &NewFlow) -> Result<Flow, Error> {
        if flow.name.is_empty() || flow.name.contains(['/', '%', '&', '>', '<']) {
            let name = &flow.name;
            return Err(Error::invalid(format!(
                "invalid flow name `{name}`: it must not be empty or contain / % & > <"
            )));
        }
        self.post("/flows/", flow).await
    }

    /// Reads a flow by its id.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn read_flow(&self, id: Uuid) -> Result<Flow, Error> {
        self.get(&format!("/flows/{id}")).await
    }

    /// Reads a flow by its name.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn read_flow_by_name(&self, name: &str) -> Result<Flow, Error> {
        self.get(&format!("/flows/name/{}", segment(name))).await
    }
}
