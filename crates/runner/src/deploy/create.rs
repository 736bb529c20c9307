//! Putting a plan into effect.

use prefect_client::{Client, FlowRun, NewDeploymentRun, NewFlow, WorkPool};
use uuid::Uuid;

use super::error::DeployError;
use super::plan::plan;
use super::spec::DeploySpec;

/// A deployment that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deployed {
    /// Its id.
    pub id: Uuid,
    /// The names of its flow and its own, with a slash between: what Prefect's command line knows it by.
    pub full_name: String,
    /// Whether there had been one of that name, which it replaces.
    pub replaced: bool,
    /// Its page in Prefect's UI.
    pub page: Option<String>,
    /// What the user should know, a sentence each.
    pub notes: Vec<String>,
}

/// Makes a deployment, or replaces the one of that flow and name: what that had besides goes.
///
/// # Errors
/// When it cannot be, when there is no such work pool, when Prefect refuses or cannot be reached. Nothing is made then,
/// but for the flow that a refused deployment was to be of.
pub async fn deploy(client: &Client, spec: &DeploySpec) -> Result<Deployed, DeployError> {
    let pool = work_pool(client, &spec.work_pool).await?;
    let mut plan = plan(spec, &pool)?;
    let flow_name = spec.flow_name();
    let flow = client.create_flow(&NewFlow::new(&flow_name)).await;
    let flow = flow.map_err(DeployError::during("create the flow"))?;
    let before = match client.read_deployment_by_name(&flow_name, &spec.name).await {
        Err(error) if error.is_not_found() => None,
        answer => Some(answer.map_err(DeployError::during("look for the deployment"))?),
    };
    let made = client.create_deployment(&plan.deployment(flow.id)).await;
    let made = made.map_err(DeployError::during("make the deployment"))?;
    if made.paused {
        let note = "the deployment is paused, and stays so: resume it for its schedule to count";
        plan.notes.push(note.to_owned());
    }
    Ok(Deployed {
        id: made.id,
        full_name: format!("{flow_name}/{}", spec.name),
        replaced: before.is_some(),
        page: client.settings().deployment_page(made.id),
        notes: plan.notes,
    })
}

/// Starts a run of a deployment, at once and with its own parameters.
///
/// # Errors
/// When Prefect refuses or cannot be reached.
pub async fn start(client: &Client, deployment: Uuid) -> Result<FlowRun, DeployError> {
    let mut run = NewDeploymentRun::default();
    // So that a request whose answer was lost starts no second run.
    run.idempotency_key = Some(Uuid::new_v4().to_string());
    let started = client.create_deployment_run(deployment, &run).await;
    started.map_err(DeployError::during("start a run"))
}

async fn work_pool(client: &Client, name: &str) -> Result<WorkPool, DeployError> {
    let during = DeployError::during;
    let found = client.read_work_pool(name).await;
    if let Some(pool) = found.map_err(during("read the work pool"))? {
        return Ok(pool);
    }
    let pools = client.read_work_pools().await;
    let pools = pools.map_err(during("list the work pools"))?;
    Err(DeployError::NoWorkPool {
        name: name.to_owned(),
        known: pools.into_iter().map(|pool| pool.name).collect(),
    })
}
