//! Deployments, and flow runs created from them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::flow_runs::FlowRun;
use super::path::segment;
use super::states::{NewState, StateType};
use crate::client::Client;
use crate::error::Error;

/// A stored deployment.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Deployment {
    /// The id of the deployment.
    pub id: Uuid,
    /// The name, unique among the deployments of the flow.
    pub name: String,
    /// The id of the flow that it runs.
    pub flow_id: Uuid,
    /// The name of the work pool that its runs are submitted to.
    pub work_pool_name: Option<String>,
    /// The default parameters of its runs.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// The job variables: settings for the work pool, such as `env` and `command`.
    #[serde(default)]
    pub job_variables: Map<String, Value>,
    /// The JSON schema of the parameters.
    pub parameter_openapi_schema: Option<Value>,
    /// Whether the server checks parameters against the schema.
    #[serde(default)]
    pub enforce_parameter_schema: bool,
    /// The schedules.
    #[serde(default)]
    pub schedules: Vec<Value>,
    /// Whether the schedules are paused.
    #[serde(default)]
    pub paused: bool,
    /// How many of its runs may run at the same time: the concurrency limit that the server keeps for it.
    pub global_concurrency_limit: Option<Value>,
    /// The description, in Markdown.
    pub description: Option<String>,
    /// The tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A deployment to create. All fields are sent, so they replace those of an existing deployment with this name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewDeployment {
    /// The name. Flow and name together identify a deployment.
    pub name: String,
    /// The id of the flow that it runs.
    pub flow_id: Uuid,
    /// The name of the work pool that its runs are submitted to.
    pub work_pool_name: Option<String>,
    /// The job variables: settings for the work pool, such as `command`, `env` and `working_dir`.
    pub job_variables: Map<String, Value>,
    /// The default parameters of its runs.
    pub parameters: Map<String, Value>,
    /// The JSON schema of the parameters, from which Prefect's web page builds its form.
    pub parameter_openapi_schema: Option<Value>,
    /// Whether the server checks parameters against the schema.
    pub enforce_parameter_schema: bool,
    /// The schedules, each as `{"active":..,"schedule":{"cron":..,"timezone":..}}`.
    pub schedules: Vec<Value>,
    /// How many runs may run at the same time.
    pub concurrency_limit: Option<u32>,
    /// What the server does with a run above that limit: `{"collision_strategy": "ENQUEUE"}` or `"CANCEL_NEW"`.
    pub concurrency_options: Option<Value>,
    /// The description, in Markdown.
    pub description: Option<String>,
    /// The version, any text.
    pub version: Option<String>,
    /// The tags, which its runs inherit.
    pub tags: Vec<String>,
    /// The path and function of the flow's code, for flows in Python.
    pub entrypoint: Option<String>,
    /// The steps by which a worker gets that code.
    pub pull_steps: Vec<Value>,
}

impl NewDeployment {
    /// A deployment with this name, of this flow.
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

    /// Sets the work pool.
    #[must_use]
    pub fn on_work_pool(mut self, name: &str) -> Self {
        self.work_pool_name = Some(name.to_owned());
        self
    }
}

/// A run of a deployment to create.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewDeploymentRun {
    /// The name; the server makes one up if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Parameters that override those of the deployment.
    pub parameters: Map<String, Value>,
    /// Job variables that override those of the deployment.
    pub job_variables: Map<String, Value>,
    /// Tags in addition to those of the deployment.
    pub tags: Vec<String>,
    /// The initial state. `None` is Scheduled, now.
    pub state: NewState,
    /// If a run with this key exists, the server returns it and creates none.
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

setters! {
    NewDeployment {
        set with_job_variables(job_variables: Map<String, Value>);
        set with_parameters(parameters: Map<String, Value>);
        some with_parameter_openapi_schema(parameter_openapi_schema: Value);
        set with_enforce_parameter_schema(enforce_parameter_schema: bool);
        list with_schedules(schedules: Value);
        some with_concurrency_limit(concurrency_limit: u32);
        some with_concurrency_options(concurrency_options: Value);
        into with_description(description: String);
        into with_version(version: String);
        list with_tags(tags: String);
        into with_entrypoint(entrypoint: String);
        list with_pull_steps(pull_steps: Value);
    }
}

setters! {
    NewDeploymentRun {
        into with_name(name: String);
        set with_parameters(parameters: Map<String, Value>);
        set with_job_variables(job_variables: Map<String, Value>);
        list with_tags(tags: String);
        set with_state(state: NewState);
        into with_idempotency_key(idempotency_key: String);
    }
}

impl Client {
    /// Creates a deployment, or replaces the one with the same flow and name. A paused deployment stays paused.
    ///
    /// # Errors
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) for an invalid name, or if the request fails: with status 404 for an
    /// unknown work pool, 422 for an invalid schedule, invalid parameters or job variables.
    pub async fn create_deployment(&self, deployment: &NewDeployment) -> Result<Deployment, Error> {
        // The server accepts an empty name, whose page cannot be opened, and fails with 500 for the others.
        if deployment.name.is_empty() || deployment.name.contains(['/', '%', '&', '>', '<']) {
            let name = &deployment.name;
            return Err(Error::invalid(format!(
                "invalid deployment name `{name}`: it must not be empty or contain / % & > <"
            )));
        }
        self.post("/deployments/", deployment).await
    }

    /// Reads a deployment by its id.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn read_deployment(&self, id: Uuid) -> Result<Deployment, Error> {
        self.get(&format!("/deployments/{id}")).await
    }

    /// Reads a deployment by the names of its flow and of itself.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn read_deployment_by_name(
        &self,
        flow: &str,
        name: &str,
    ) -> Result<Deployment, Error> {
        let path = format!("/deployments/name/{}/{}", segment(flow), segment(name));
        self.get(&path).await
    }

    /// Creates a run of a deployment. Its state says when it starts.
    ///
    /// # Errors
    /// If the request fails: with status 409 if the parameters do not match the schema.
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
