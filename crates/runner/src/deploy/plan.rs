//! Builds the request that creates a deployment, without I/O.

use std::fmt;

use prefect_client::{NewDeployment, WorkPool};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::error::DeployError;
use super::spec::DeploySpec;
use super::work_pool::WorkPoolFacts;
use crate::dbt::CommandLine;
use crate::parameters::{apply, join_words, schema};

/// A deployment that can be created.
#[derive(Clone)]
#[non_exhaustive]
pub struct Plan<'a> {
    spec: &'a DeploySpec,
    job_variables: Map<String, Value>,
    /// What the user should know; one sentence each.
    pub notes: Vec<String>,
}

/// Without the job variables, which contain the environment.
impl fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("spec", self.spec)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// Checks a specification against a work pool.
///
/// # Errors
/// Everything that is wrong with the specification or with its parameters.
pub fn plan<'a>(spec: &'a DeploySpec, pool: &WorkPool) -> Result<Plan<'a>, DeployError> {
    apply(&spec.args, &spec.parameters)?;
    let facts = WorkPoolFacts::of(pool);
    let (job_variables, twice) = job_variables(spec);
    let mut problems = spec.problems();
    problems.extend(twice);
    let unknown = job_variables
        .keys()
        .filter(|name| !facts.has_variable(name));
    problems.extend(unknown.map(|name| facts.missing_variable(name)));
    if !problems.is_empty() {
        return Err(DeployError::Impossible { problems });
    }
    let knows_project = gives_project(spec) || job_variables.contains_key("working_dir");
    let notes = facts.notes(knows_project, job_variables.contains_key("image"));
    Ok(Plan {
        spec,
        job_variables,
        notes,
    })
}

impl Plan<'_> {
    /// The body of the request, for the flow with this id.
    #[must_use]
    pub fn deployment(&self, flow_id: Uuid) -> NewDeployment {
        let spec = self.spec;
        let mut deployment = NewDeployment::new(&spec.name, flow_id).on_work_pool(&spec.work_pool);
        deployment.job_variables = self.job_variables.clone();
        deployment.parameters = spec.parameters.clone();
        deployment.parameter_openapi_schema = Some(schema(&spec.args));
        deployment.enforce_parameter_schema = true;
        deployment.schedules = spec
            .schedule
            .iter()
            .map(|schedule| schedule.body())
            .collect();
        deployment.concurrency_limit = spec.concurrency.map(Into::into);
        deployment.description = spec.description.clone();
        for tag in &spec.tags {
            if !deployment.tags.contains(tag) {
                deployment.tags.push(tag.clone());
            }
        }
        deployment
    }
}

/// The job variables, and a problem for each one that is given twice.
fn job_variables(spec: &DeploySpec) -> (Map<String, Value>, Vec<String>) {
    let generated = [
        ("command", Some(json!(join_words(spec.command())))),
        ("env", Some(json!(spec.env))),
        (
            "working_dir",
            spec.working_dir.as_ref().map(|dir| json!(dir)),
        ),
        ("image", spec.image.as_ref().map(|image| json!(image))),
    ];
    let mut variables = spec.job_variables.clone();
    let mut twice = Vec::new();
    for (name, value) in generated {
        let Some(value) = value else { continue };
        let is_given = variables.contains_key(name);
        if is_given && !(name == "env" && spec.env.is_empty()) {
            twice.push(format!(
                "the job variable `{name}` is set by another option"
            ));
        } else if !is_given {
            variables.insert(name.to_owned(), value);
        }
    }
    (variables, twice)
}

/// Whether the project is given, so that the folder that dbt runs in does not matter.
fn gives_project(spec: &DeploySpec) -> bool {
    CommandLine::parse(&spec.args).has("--project-dir") || spec.env.contains_key("DBT_PROJECT_DIR")
}
