//! The end of a flow run whose engine could not start dbt.

use std::time::Duration;

use prefect_client::Client;
use tokio::time::timeout;
use uuid::Uuid;

use crate::engine::{flow_run_to_create, save_unsent_end};
use crate::model::{FlowRunRef, Ownership, State, StateKind, error_chain};
use crate::observe::Observer;
use crate::outcome::Error;
use crate::prefect::delivery::Reporter;
use crate::prefect::flow_run::{
    NewRun, ReportError, find_or_create, force_final_state, ownership_by_state, refuse_cancelled,
};
use crate::request::{FlowChoice, Request};

/// The longest time that the server may take to accept the state.
const STATE_TIMEOUT: Duration = Duration::from_secs(10);

/// Ends a flow run whose dbt could not start: one that waits for this process does not stay Pending for ever, and a new one
/// shows why there is no run.
pub(crate) async fn give_up(request: &Request, error: &Error, observer: &dyn Observer) {
    end(request, error, observer).await;
    // If this process had been killed before, the next run would have ended the flow run.
    request.attempt.unstarted_journal.delete();
}

async fn end(request: &Request, error: &Error, observer: &dyn Observer) {
    let choice = &request.flow;
    let run = match flow_run_to_end(choice) {
        Some(id) => Some(ToEnd::Existing(id)),
        None => flow_run_to_create(request).map(ToEnd::New),
    };
    let Some((client, run)) = request.client.as_ref().zip(run) else {
        return;
    };
    let supervisor = run.id().and_then(|id| choice.supervisor_of(id));
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
    let problem = match end_flow_run(client, &run, choice.engine, &state).await {
        Ended::NotOurs => return,
        Ended::Sent => None,
        Ended::NotSent(problem) => Some(problem),
    };
    match (problem, supervisor) {
        (Some(problem), _) => match run.unsent(choice.engine) {
            Some(flow) => save_unsent_end(request, flow, &state, &problem, observer),
            None => observer.on_warning(&problem),
        },
        (None, Some(supervisor)) => supervisor.report_aborted().await,
        (None, None) => {}
    }
}

/// A flow run that may be ours to end.
enum ToEnd {
    /// One that exists.
    Existing(Uuid),
    /// One that the run creates, or was to create.
    New(NewRun),
}

impl ToEnd {
    fn id(&self) -> Option<Uuid> {
        match self {
            Self::Existing(id) => Some(*id),
            Self::New(_) => None,
        }
    }

    /// The flow run of a journal with an end that could not be sent. `None` if it may not be ours.
    fn unsent(self, is_engine: bool) -> Option<FlowRunRef> {
        match self {
            Self::Existing(id) => is_engine.then(|| FlowRunRef::owned(id)),
            Self::New(new) => Some(FlowRunRef::ToCreate(new.names)),
        }
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

async fn end_flow_run(client: &Client, run: &ToEnd, engine: bool, state: &State) -> Ended {
    let ending = async {
        let id = match run {
            ToEnd::Existing(id) => *id,
            ToEnd::New(new) => match find_or_create(client, new).await {
                Ok((run, _)) => run.id,
                Err(error) => return Ended::NotSent(error_chain(&error)),
            },
        };
        let is_engine = engine || matches!(run, ToEnd::New(_));
        match is_ours(client, id, is_engine).await {
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
