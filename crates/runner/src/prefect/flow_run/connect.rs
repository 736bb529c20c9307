//! Connects to a flow run that exists, or creates one.

use std::time::Duration;

use prefect_client::{Client, Error, FlowRun, NewFlow, NewFlowRun, RetryRules, StateType};
use uuid::Uuid;

use super::context::RunContext;
use super::error::ReportError;
use super::lease::Lease;
use super::new_run::NewRun;
use super::orchestrate::{finish, start};
use super::process_mark::ProcessMark;
use crate::model::{ExistingFlowRun, Notice, Ownership, State, StateKind};

/// A flow run that we report to.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) context: RunContext,
    /// Who sets its states.
    pub(crate) ownership: Ownership,
    /// Its slot of the concurrency limit of its deployment.
    pub(crate) lease: Option<Lease>,
}

impl Connection {
    /// Task runs without a flow run.
    pub(crate) fn without_flow_run() -> Self {
        Self {
            context: RunContext::default(),
            ownership: Ownership::Attached,
            lease: None,
        }
    }

    /// The flow run; `None` for task runs without one.
    pub(crate) fn flow_run(&self) -> Option<ExistingFlowRun> {
        let id = self.context.flow_run_id()?;
        Some(ExistingFlowRun::new(id, self.ownership))
    }

    /// The notice with the page of the flow run; `None` without a flow run.
    pub(crate) fn notice(&self, client: &Client) -> Option<Notice> {
        let run = self.context.flow_run.as_ref()?;
        Some(Notice::Connected {
            flow_run_id: run.id,
            name: run.name.clone(),
            url: client.settings().flow_run_page(run.id),
        })
    }
}

/// How often the server retries a failed flow run.
pub(crate) fn retry_rules(retries: Option<u32>, delay: Duration) -> RetryRules {
    let mut rules = RetryRules::default();
    rules.retries = retries;
    rules.retry_delay = retries.map(|_| delay.as_secs());
    rules
}

/// Connects to a flow run that exists. If we own its states, it gets the labels of this process and is set Running.
pub(crate) async fn attach(
    client: &Client,
    run_id: Uuid,
    flow_run: ExistingFlowRun,
    mark: Option<&ProcessMark>,
) -> Result<Connection, ReportError> {
    let flow_run_id = flow_run.id;
    let unreachable = |source| ReportError::Unreachable {
        flow_run_id,
        api: client.api_url().to_string(),
        source: Box::new(source),
    };
    let run = client
        .read_flow_run(flow_run_id)
        .await
        .map_err(unreachable)?;
    let context = RunContext::read(client, &run).await.map_err(unreachable)?;
    refuse_cancelled(client, &run, flow_run.ownership).await?;
    let mut lease = None;
    if flow_run.is_owned() {
        label(client, &run, mark).await;
        let started = start(client, flow_run_id, transition(run_id)).await;
        if let Err(reason) = started.map_err(unreachable)? {
            let run = client.read_flow_run(flow_run_id).await;
            refuse_cancelled(client, &run.map_err(unreachable)?, flow_run.ownership).await?;
            return Err(ReportError::NotAllowed {
                flow_run_id,
                reason,
            });
        }
        lease = Lease::of(client, &run);
    }
    Ok(Connection {
        context,
        ownership: flow_run.ownership,
        lease,
    })
}

/// Gives a flow run that is not Running yet the labels of this process. It must not be Running with those of a process that is
/// gone: it would be taken for dead.
async fn label(client: &Client, run: &FlowRun, mark: Option<&ProcessMark>) {
    let Some(mark) = mark else { return };
    let labels = mark.labels(run.run_count + 1);
    if let Err(error) = client.label_flow_run(run.id, &labels).await {
        tracing::debug!(%error, "cannot label the flow run");
    }
}

/// Fails for a flow run that is Cancelling or Cancelled. Sets it from Cancelling to Cancelled if we own its states.
///
/// # Errors
/// [`ReportError::Cancelled`].
pub(crate) async fn refuse_cancelled(
    client: &Client,
    run: &FlowRun,
    ownership: Ownership,
) -> Result<(), ReportError> {
    let kind = run.state.as_ref().map(|state| state.kind);
    if !matches!(kind, Some(StateType::Cancelling | StateType::Cancelled)) {
        return Ok(());
    }
    if ownership == Ownership::Owned && kind == Some(StateType::Cancelling) {
        let end = State {
            kind: StateKind::Cancelled,
            name: "Cancelled".to_owned(),
            message: Some("cancelled through Prefect before dbt was started".to_owned()),
        };
        if let Err(error) = finish(client, run.id, &end, Uuid::new_v4()).await {
            tracing::warn!(%error, "cannot set the flow run from Cancelling to Cancelled");
        }
    }
    Err(ReportError::Cancelled {
        flow_run_id: run.id,
    })
}

/// Creates the flow and the flow run, and sets it Running. May be repeated: the run id identifies every step.
pub(crate) async fn create(
    client: &Client,
    run_id: Uuid,
    run: &NewRun,
) -> Result<Connection, Error> {
    let (created, flow_name) = find_or_create(client, run).await?;
    if let Err(reason) = start(client, created.id, transition(run_id)).await? {
        // For example, it was cancelled in the UI. dbt runs nevertheless, and the run is reported.
        tracing::warn!(reason, "the server does not set the flow run to Running");
    }
    Ok(Connection {
        context: RunContext::new(&created, flow_name),
        ownership: Ownership::Owned,
        lease: None,
    })
}

/// Connects to a flow run whose states another part of the flow sets. Without its id, it is found by its key, or created.
/// May be repeated.
pub(crate) async fn join(
    client: &Client,
    run: &NewRun,
    flow_run_id: Option<Uuid>,
) -> Result<Connection, Error> {
    let context = match flow_run_id {
        Some(id) => {
            let run = client.read_flow_run(id).await?;
            RunContext::read(client, &run).await?
        }
        None => {
            let (created, flow_name) = find_or_create(client, run).await?;
            RunContext::new(&created, flow_name)
        }
    };
    Ok(Connection {
        context,
        ownership: Ownership::Attached,
        lease: None,
    })
}

/// Resumes a flow run that we own: sets it Running, unless it has ended meanwhile. May be repeated.
pub(crate) async fn resume(
    client: &Client,
    run_id: Uuid,
    flow_run_id: Uuid,
    mark: Option<&ProcessMark>,
) -> Result<Connection, Error> {
    let run = client.read_flow_run(flow_run_id).await?;
    let context = RunContext::read(client, &run).await?;
    let kind = run.state.as_ref().map(|state| state.kind);
    // The server would accept Running for a flow run that has ended.
    let has_ended = kind.is_some_and(StateType::is_terminal);
    let is_wanted = !has_ended && kind != Some(StateType::Cancelling);
    if is_wanted {
        label(client, &run, mark).await;
    }
    if is_wanted && let Err(reason) = start(client, flow_run_id, transition(run_id)).await? {
        tracing::warn!(reason, "the server does not set the flow run to Running");
    }
    Ok(Connection {
        context,
        ownership: Ownership::owned_if(!has_ended),
        lease: Lease::of(client, &run),
    })
}

/// Finds or creates the flow and the flow run; gives the flow run and the name of the flow. The new flow run is Pending. May
/// be repeated: the key identifies the flow run.
pub(crate) async fn find_or_create(
    client: &Client,
    run: &NewRun,
) -> Result<(FlowRun, String), Error> {
    let create = || create_pending(client, run);
    run.created.get_or_try_init(create).await.cloned()
}

async fn create_pending(client: &Client, run: &NewRun) -> Result<(FlowRun, String), Error> {
    let flow = client
        .create_flow(&NewFlow::new(
            run.names.flow_name.as_deref().unwrap_or("dbt"),
        ))
        .await?;
    let mut request = NewFlowRun::new(flow.id);
    request.name = Some(run.names.flow_run_name.clone());
    request.tags = run.names.tags.clone();
    request.parameters = run.parameters.clone();
    request.empirical_policy = run.policy.clone();
    request.idempotency_key = Some(run.key.to_string());
    request.labels = run
        .mark
        .as_ref()
        .map(|mark| mark.labels(1))
        .unwrap_or_default();
    let created = client.create_flow_run(&request).await?;
    Ok((created, flow.name))
}

/// Id of the first transition of a flow run, to Running.
pub(crate) fn transition(run_id: Uuid) -> Uuid {
    Uuid::new_v5(&run_id, b"running")
}
