//! The end of a flow run whose engine could not start dbt.

use std::time::Duration;

use prefect_client::Client;
use tokio::time::timeout;
use uuid::Uuid;

use crate::engine::save_unsent_end;
use crate::model::{Ownership, State, StateKind, error_chain};
use crate::observe::Observer;
use crate::outcome::Error;
use crate::prefect::delivery::Reporter;
use crate::prefect::flow_run::{
    ReportError, force_final_state, ownership_by_state, refuse_cancelled,
};
use crate::request::{FlowChoice, Request};

/// The longest time that the server may take to accept the state.
const STATE_TIMEOUT: Duration = Duration::from_secs(10);

/// Ends a flow run whose engine could not start dbt, so that it does not stay Pending for ever.
pub(crate) async fn give_up(request: &Request, error: &Error, observer: &dyn Observer) {
    let choice = &request.flow;
    let id = flow_run_to_end(choice);
    let Some((client, id)) = request.client.as_ref().zip(id) else {
        return;
    };
    let supervisor = choice.supervisor_of(id);
    if let (
        Error::Report(ReportError::Cancelled { .. } | ReportError::NotAllowed { .. }),
        Some(supervisor),
    ) = (error, &supervisor)
    {
        supervisor.report_aborted().await;
    }
    // The state of a flow run that is not ours, or that could not be reached, is not ours to set.
    if matches!(error, Error::Report(_)) {
        return;
    }
    let state = State {
        kind: StateKind::Failed,
        name: "Failed".to_owned(),
        message: Some(error_chain(error)),
    };
    let problem = match end_flow_run(client, id, choice.engine, &state).await {
        Ended::NotOurs => return,
        Ended::Sent => None,
        Ended::NotSent(problem) => Some(problem),
    };
    match (problem, supervisor) {
        (Some(problem), _) if !choice.engine => observer.on_warning(&problem),
        (Some(problem), _) => save_unsent_end(request, id, &state, &problem, observer),
        (None, Some(supervisor)) => supervisor.report_aborted().await,
        (None, None) => {}
    }
}

/// The flow run that may be ours to end: one that this process was started for, or is the engine of. A flow run that the
/// caller merely names belongs to another process.
fn flow_run_to_end(choice: &FlowChoice) -> Option<Uuid> {
    let id = choice.flow_run_id.or(choice.inherited)?;
    let may_be_ours = choice.engine || choice.inherited == Some(id);
    (may_be_ours && !choice.declined).then_some(id)
}

/// What became of the state.
enum Ended {
    Sent,
    NotSent(String),
    NotOurs,
}

async fn end_flow_run(client: &Client, id: Uuid, engine: bool, state: &State) -> Ended {
    let ending = async {
        match is_ours(client, id, engine).await {
            Ok(false) => Ended::NotOurs,
            Ok(true) => match force_final_state(client, id, state).await {
                None => Ended::Sent,
                Some(problem) => Ended::NotSent(problem),
            },
            Err(error) => Ended::NotSent(error_chain(&error)),
        }
    };
    let ended = timeout(STATE_TIMEOUT, ending).await;
    ended.unwrap_or_else(|_| Ended::NotSent("the server does not answer".to_owned()))
}

/// Whether the end of a flow run is ours to set.
///
/// # Errors
/// When the flow run cannot be read.
async fn is_ours(client: &Client, id: Uuid, engine: bool) -> Result<bool, ReportError> {
    let run = Reporter::read(client, id).await?;
    // It may have been cancelled meanwhile.
    let ownership = Ownership::owned_if(engine);
    if refuse_cancelled(client, &run, ownership).await.is_err() {
        return Ok(false);
    }
    let state = run.state.map(|state| state.kind);
    let has_ended = state.is_some_and(prefect_client::StateType::is_terminal);
    Ok(!has_ended && (engine || ownership_by_state(state) == Ownership::Owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_run_that_is_merely_named_is_not_ended() {
        let (named, inherited) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let choice = |flow_run_id, inherited, engine| FlowChoice {
            flow_run_id,
            inherited,
            engine,
            ..FlowChoice::default()
        };
        let to_end = |choice| flow_run_to_end(&choice);
        assert_eq!(to_end(choice(Some(named), None, false)), None);
        assert_eq!(to_end(choice(Some(named), Some(inherited), false)), None);
        assert_eq!(to_end(choice(Some(named), None, true)), Some(named));
        assert_eq!(
            to_end(choice(None, Some(inherited), false)),
            Some(inherited)
        );
        let declined = FlowChoice {
            declined: true,
            ..choice(None, Some(inherited), false)
        };
        assert_eq!(to_end(declined), None);
    }
}
