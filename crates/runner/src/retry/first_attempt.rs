//! The first attempt of a flow run that somebody else has made: what it says of itself.

use std::time::Duration;

use prefect_client::{Client, FlowRun, FlowRunPatch};
use tokio::time::timeout;
use uuid::Uuid;

use crate::dbt::DbtArgs;
use crate::dbt_retry::plan;
use crate::engine;
use crate::model::{State, StateKind};
use crate::observe::Observer;
use crate::outcome::Error;
use crate::parameters::apply;
use crate::prefect::delivery::Reporter;
use crate::prefect::flow_run::{
    Mode, ReportError, conclude, refuse_cancelled, retry_rules, settle,
};
use crate::request::{Attempt, Invocation, ProcessEnv};
use crate::store::Records;

/// Reads the flow run that an invocation is the engine of: its parameters change dbt's arguments, its policy says how often
/// it is repeated, and where it has run before, that attempt is taken over. Other invocations stay as they are.
///
/// # Errors
/// When the flow run cannot be read, or its parameters are wrong.
pub(super) async fn begin(mut invocation: Invocation) -> Result<Invocation, Error> {
    let choice = &invocation.flow;
    let id = match (choice.engine, choice.flow_run_id, choice.inherited) {
        (true, named, inherited) => named.or(inherited),
        (false, None, inherited) => inherited,
        (false, Some(_), _) => None,
    };
    let (Some(id), Some(client)) = (id.filter(|_| !choice.declined), &invocation.client) else {
        return Ok(invocation);
    };
    let run = Reporter::read(client, id).await?;
    let state = run.state.as_ref().map(|state| state.kind);
    if !choice.engine && settle(id, state) != Mode::Engine(id) {
        invocation.flow.flow_run_id = Some(id);
        return Ok(invocation);
    }
    invocation.flow.engine = true;
    invocation.flow.flow_run_id = Some(id);
    refuse_cancelled(client, &run, true).await?;
    invocation.retries = agree(client, &run, invocation.retries, invocation.retry_delay).await;
    invocation.args = apply(&invocation.args, &run.parameters)?;
    if run.run_count > 0 {
        invocation = taken_over(&invocation, &run)?;
    }
    Ok(invocation)
}

/// Agrees with the server on how often a flow run is repeated, and gives that: what the user says goes to the server,
/// which decides; else what it says counts. A server that does not take it keeps its own.
pub(crate) async fn agree(
    client: &Client,
    run: &FlowRun,
    retries: Option<u32>,
    delay: Duration,
) -> Option<u32> {
    if retries.is_some() {
        let mut patch = FlowRunPatch::default();
        patch.empirical_policy = Some(retry_rules(retries, delay));
        if let Err(error) = client.update_flow_run(run.id, &patch).await {
            tracing::warn!(%error, "the flow run keeps its own retries");
        }
        return retries;
    }
    run.empirical_policy
        .as_ref()
        .and_then(|rules| rules.retries)
}

/// A flow run that has run before, in another process: its last attempt may have left a record here.
fn taken_over(invocation: &Invocation, run: &FlowRun) -> Result<Invocation, Error> {
    let around = ProcessEnv::from_env()?;
    let args = DbtArgs::of(&invocation.command_line());
    let project = invocation.project(&args, &around.cwd);
    let records = Records::beside(&invocation.journal_dir_in(&project));
    let kept = records.newest(|record| record.flow_run_id == Some(run.id));
    let kept = kept
        .filter(|kept| kept.record.target == project.target && kept.record.args == invocation.args);
    let attempt = Attempt {
        number: run.run_count + 1,
        ..Attempt::default()
    };
    Ok(plan(invocation.retry_strategy, kept.as_ref()).invocation(invocation, attempt))
}

/// How long the server may take to hear of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Ends a flow run whose engine could not even start dbt, so that it does not wait for ever.
pub(crate) async fn give_up(invocation: &Invocation, error: &Error, observer: &dyn Observer) {
    let choice = &invocation.flow;
    let engine_of = || {
        let id = choice.flow_run_id.or(choice.inherited)?;
        let client: &Client = invocation.client.as_ref()?;
        Some((client, id))
    };
    let Some((client, id)) = engine_of().filter(|_| !choice.declined) else {
        return;
    };
    let supervisor = choice.supervisor_of(id);
    if let (
        Error::Report(ReportError::Cancelled { .. } | ReportError::NotAllowed { .. }),
        Some(it),
    ) = (error, &supervisor)
    {
        it.abandon().await;
    }
    // Of a run that is not ours, or that could not be reached, the state is not ours to set.
    if matches!(error, Error::Report(_)) {
        return;
    }
    let state = State {
        kind: StateKind::Failed,
        name: "Failed".to_owned(),
        message: Some(error.to_string()),
    };
    let telling = async {
        match is_ours(client, id, choice.engine).await {
            Ok(false) => None,
            Ok(true) => Some(conclude(client, id, &state).await),
            Err(error) => Some(Some(error.to_string())),
        }
    };
    let problem = match timeout(PATIENCE, telling).await {
        Ok(None) => return,
        Ok(Some(problem)) => problem,
        Err(_) => Some("the server does not answer".to_owned()),
    };
    match (problem, supervisor) {
        (Some(problem), _) if !choice.engine => observer.on_warning(&problem),
        (Some(problem), _) => engine::keep_end(invocation, id, &state, &problem, observer),
        (None, Some(supervisor)) => supervisor.abandon().await,
        (None, None) => {}
    }
}

/// Whether a flow run's end is ours to set; an error while it cannot be looked at.
async fn is_ours(client: &Client, id: Uuid, engine: bool) -> Result<bool, ReportError> {
    let run = Reporter::read(client, id).await?;
    // Somebody was quicker, and has cancelled it.
    if refuse_cancelled(client, &run, engine).await.is_err() {
        return Ok(false);
    }
    let state = run.state.map(|state| state.kind);
    let has_ended = state.is_some_and(prefect_client::StateType::is_terminal);
    Ok(!has_ended && (engine || settle(id, state) == Mode::Engine(id)))
}
