//! Artifacts: tables, Markdown and progress bars that Prefect shows on a run's page.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::path::segment;
use crate::client::Client;
use crate::error::Error;

/// An artifact to be created.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewArtifact {
    /// The type: `markdown`, `table`, `progress`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// The key: lower-case letters, digits and dashes. An artifact without a key is shown only on the page of its run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// A description, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The content: text for Markdown, a JSON text of a list of objects for a table, a number for a progress.
    pub data: Value,
    /// The flow run that it is shown on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_run_id: Option<Uuid>,
    /// The task run that it is shown on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_run_id: Option<Uuid>,
}

impl NewArtifact {
    /// An artifact of this type (`markdown`, `table`, ...) with this content.
    #[must_use]
    pub fn new(kind: &str, data: Value) -> Self {
        Self {
            kind: kind.to_owned(),
            key: None,
            description: None,
            data,
            flow_run_id: None,
            task_run_id: None,
        }
    }

    /// Sets the key.
    #[must_use]
    pub fn with_key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// Sets the flow run.
    #[must_use]
    pub fn of_flow_run(mut self, id: Uuid) -> Self {
        self.flow_run_id = Some(id);
        self
    }
}

/// A stored artifact.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Artifact {
    /// The id of this version of the artifact.
    pub id: Uuid,
    /// The key, which all versions of the artifact share.
    pub key: Option<String>,
    /// The type: `markdown`, `table`, `progress`, ...
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The description, in Markdown.
    pub description: Option<String>,
    /// The content, in the form of its type: see [`NewArtifact::data`].
    #[serde(default)]
    pub data: Value,
    /// The flow run that created it.
    pub flow_run_id: Option<Uuid>,
    /// The task run that created it.
    pub task_run_id: Option<Uuid>,
}

setters! {
    NewArtifact {
        into with_description(description: String);
        some of_task_run(task_run_id: Uuid);
    }
}

impl Client {
    /// Creates an artifact.
    ///
    /// # Errors
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) for an invalid key, or if the request fails.
    pub async fn create_artifact(&self, artifact: &NewArtifact) -> Result<Artifact, Error> {
        let is_harmless = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if let Some(key) = artifact
            .key
            .as_deref()
            .filter(|key| !key.chars().all(is_harmless))
        {
            return Err(Error::invalid(format!(
                "invalid artifact key `{key}`: only lower-case letters, digits and dashes are allowed"
            )));
        }
        self.post_once("/artifacts/", artifact).await
    }

    /// Replaces the content of an artifact.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn update_artifact(&self, id: Uuid, data: &Value) -> Result<(), Error> {
        let path = format!("/artifacts/{id}");
        self.submit(Method::PATCH, &path, &json!({ "data": data }), true)
            .await
    }

    /// Reads the newest artifact with this key.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn read_latest_artifact(&self, key: &str) -> Result<Artifact, Error> {
        self.get(&format!("/artifacts/{}/latest", segment(key)))
            .await
    }

    /// Reads the artifacts that a flow run created under a key, the newest first; at most 200.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn filter_artifacts(
        &self,
        flow_run_id: Uuid,
        key: &str,
    ) -> Result<Vec<Artifact>, Error> {
        self.filter_artifacts_by(flow_run_id, "key", key).await
    }

    /// Reads the artifacts of a type that a flow run created, the newest first; at most 200.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn filter_artifacts_of_type(
        &self,
        flow_run_id: Uuid,
        kind: &str,
    ) -> Result<Vec<Artifact>, Error> {
        self.filter_artifacts_by(flow_run_id, "type", kind).await
    }

    async fn filter_artifacts_by(
        &self,
        flow_run_id: Uuid,
        field: &str,
        value: &str,
    ) -> Result<Vec<Artifact>, Error> {
        let filter =
            json!({ "flow_run_id": { "any_": [flow_run_id] }, field: { "any_": [value] } });
        let body = json!({ "artifacts": filter, "sort": "ID_DESC" });
        self.post("/artifacts/filter", &body).await
    }

    /// Deletes an artifact.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn delete_artifact(&self, id: Uuid) -> Result<(), Error> {
        self.delete(&format!("/artifacts/{id}")).await
    }
}
