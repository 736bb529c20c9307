//! Creates deployments and starts their runs.

use prefect_client::{Client, FlowRun, NewDeploymentRun, NewFlow, WorkPool};
use uuid::Uuid;

use super::error::DeployError;
use super::plan::plan;
use super::spec::DeploySpec;

/// A deployment that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deployed {
    /// Its id.
    pub id: Uuid,
    /// `<flow>/<deployment>`, the name in Prefect's command line.
    pub full_name: String,
    /// Whether it replaced a deployment with the same name.
    pub replaced: bool,
    /// Its page in Prefect's UI.
    pub page: Option<String>,
    /// What the user should know; one sentence each.
    pub notes: Vec<String>,
}

/// Creates a deployment. A deployment of the same flow with the same name is replaced completely.
///
/// # Errors
/// When the specification is invalid, the work pool does not exist, or a request fails. No deployment is created then, but
/// the flow may be.
pub async fn deploy(client: &Client, spec: &DeploySpec) -> Result<Deployed, DeployError> {
    let pool = work_pool(client, &spec.work_pool).await?;
    let mut plan = plan(spec, &pool)?;
    let flow_name = spec.flow_name();
    let flow = client.create_flow(&NewFlow::new(&flow_name)).await;
    let flow = flow.map_err(DeployError::during("create the flow"))?;
    let before = match client.read_deployment_by_name(&flow_name, &spec.name).await {
        Err(error) if error.is_not_found() => None,
        answer => Some(answer.map_err(DeployError::during("look up the deployment"))?),
    };
    let created = client.create_deployment(&plan.deployment(flow.id)).await;
    let created = created.map_err(DeployError::during("create the deployment"))?;
    if created.paused {
        let note = "the deployment is paused: resume it so that its schedule has an effect";
        plan.notes.push(note.to_owned());
    }
    Ok(Deployed {
        id: created.id,
        full_name: format!("{flow_name}/{}", spec.name),
        replaced: before.is_some(),
        page: client.settings().deployment_page(created.id),
        notes: plan.notes,
    })
}

/// Starts a run of a deployment immediately, with the deployment's parameters.
///
/// # Errors
/// When the request fails.
pub async fn start(client: &Client, deployment: Uuid) -> Result<FlowRun, DeployError> {
    let mut run = NewDeploymentRun::default();
    // A repeated request must not start a second run.
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
