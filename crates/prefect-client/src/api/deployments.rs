//! Deployments.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::flow_runs::FlowRun;
use super::path::segment;
use super::states::{NewState, StateType};
use crate::client::Client;
use crate::error::Error;

/// A deployment.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Deployment {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The flow that it runs.
    pub flow_id: Uuid,
    /// The work pool that it runs on.
    pub work_pool_name: Option<String>,
    /// Its parameters.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// What its work pool needs to know.
    #[serde(default)]
    pub job_variables: Map<String, Value>,
    /// JSON schema of its parameters.
    pub parameter_openapi_schema: Option<Value>,
    /// Whether parameters are checked against it.
    #[serde(default)]
    pub enforce_parameter_schema: bool,
    /// Its schedules.
    #[serde(default)]
    pub schedules: Vec<Value>,
    /// Whether its schedules are suspended.
    #[serde(default)]
    pub paused: bool,
    /// How many of its runs may be at work at once, as a limit with a name of its own.
    pub global_concurrency_limit: Option<Value>,
    /// Its description.
    pub description: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A deployment to be created. Everything is sent, so that what a deployment of that name had before goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewDeployment {
    /// Its name; together with the flow, what it is known by.
    pub name: String,
    /// The flow that it runs.
    pub flow_id: Uuid,
    /// The work pool that it runs on.
    pub work_pool_name: Option<String>,
    /// What its work pool needs to know: `command`, `env`, `working_dir`, ...
    pub job_variables: Map<String, Value>,
    /// Its parameters.
    pub parameters: Map<String, Value>,
    /// JSON schema of the parameters, which makes the form of the run page.
    pub parameter_openapi_schema: Option<Value>,
    /// Whether parameters are checked against it.
    pub enforce_parameter_schema: bool,
    /// Its schedules, as `{"active":..,"schedule":{"cron":..,"timezone":..}}`.
    pub schedules: Vec<Value>,
    /// How many runs may be at work at once.
    pub concurrency_limit: Option<u32>,
    /// What becomes of a run above that: `{"collision_strategy": "ENQUEUE"}` or `"CANCEL_NEW"`.
    pub concurrency_options: Option<Value>,
    /// Its description, in Markdown.
    pub description: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its tags, which its runs have, too.
    pub tags: Vec<String>,
    /// Where the code of its flow is, for flows in Python.
    pub entrypoint: Option<String>,
    /// How the worker gets that code.
    pub pull_steps: Vec<Value>,
}

impl NewDeployment {
    /// A deployment of a flow.
    #[must_use]
    pub fn new(name: &str, flow_id: Uuid) -> Self {
        Self {
            name: name.to_owned(),
            flow_id,
            work_pool_name: None,
            job_variables: Map::new(),
            parameters: Map::new(),
            parameter_openapi_schema: None,
            enforce_parameter_schema: false,
            schedules: Vec::new(),
            concurrency_limit: None,
            concurrency_options: None,
            description: None,
            version: None,
            tags: Vec::new(),
            entrypoint: None,
            pull_steps: Vec::new(),
        }
    }

    /// On this work pool.
    #[must_use]
    pub fn on_work_pool(mut self, name: &str) -> Self {
        self.work_pool_name = Some(name.to_owned());
        self
    }
}

/// A run of a deployment to be created.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewDeploymentRun {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Parameters in place of the deployment's.
    pub parameters: Map<String, Value>,
    /// Job variables in place of the deployment's.
    pub job_variables: Map<String, Value>,
    /// Further tags.
    pub tags: Vec<String>,
    /// Its first state.
    pub state: NewState,
    /// Creating a run with the key of one that exists gives that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

impl Default for NewDeploymentRun {
    fn default() -> Self {
        Self {
            name: None,
            parameters: Map::new(),
            job_variables: Map::new(),
            tags: Vec::new(),
            state: NewState::new(StateType::Scheduled),
            idempotency_key: None,
        }
    }
}

impl Client {
    /// Creates a deployment, or replaces the one of that flow and name, which stays paused if it was.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a name that Prefect does not take; else as every call: 404 for a work pool that is
    /// not there, 422 for a schedule, parameters or job variables that do not fit.
    pub async fn create_deployment(&self, deployment: &NewDeployment) -> Result<Deployment, Error> {
        // The server takes an empty one, whose page nobody can open, and fails with 500 for the others.
        if deployment.name.is_empty() || deployment.name.contains(['/', '%', '&', '>', '<']) {
            let name = &deployment.name;
            return Err(Error::invalid(format!(
                "the deployment name `{name}` is empty or holds one of / % & > <"
            )));
        }
        self.post("/deployments/", deployment).await
    }

    /// Reads a deployment.
    ///
    /// # Errors
    /// As every call.
    pub async fn read_deployment(&self, id: Uuid) -> Result<Deployment, Error> {
        self.get(&format!("/deployments/{id}")).await
    }

    /// Reads a deployment by the names of its flow and its own.
    ///
    /// # Errors
    /// As every call.
    pub async fn read_deployment_by_name(
        &self,
        flow: &str,
        name: &str,
    ) -> Result<Deployment, Error> {
        let path = format!("/deployments/name/{}/{}", segment(flow), segment(name));
        self.get(&path).await
    }

    /// Creates a run of a deployment, at once or (by its state) later.
    ///
    /// # Errors
    /// As every call; 409 for parameters that do not fit the schema.
    pub async fn create_deployment_run(
        &self,
        id: Uuid,
        run: &NewDeploymentRun,
    ) -> Result<FlowRun, Error> {
        let path = format!("/deployments/{id}/create_flow_run");
        if run.idempotency_key.is_some() {
            self.post(&path, run).await
        } else {
            self.post_once(&path, run).await
        }
    }
}
