//! Proposing states of a flow run, and obeying the answer.

use jiff::Timestamp;
use prefect_client::{Client, Error, NewState, Proposal, StateType, Verdict};
use tokio::time::sleep;
use uuid::Uuid;

use crate::model::{FinalState, State, StateKind};

/// What an answer means to the one who proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// The run is in the proposed state.
    Done { state_id: Option<Uuid> },
    /// It had ended before.
    AlreadyTerminal,
    /// It is to be repeated.
    AwaitingRetry { due: Option<Timestamp> },
    /// Somebody wants it cancelled: no terminal state but Cancelled will do.
    Cancelling,
    /// Ask again after this time.
    Later(std::time::Duration),
    /// No.
    Refused(String),
}

/// Reads the server's answer to a proposed state.
pub(crate) fn ruling(proposed: StateType, proposal: &Proposal) -> Ruling {
    let state_id = proposal.state.as_ref().and_then(|state| state.id);
    let current = proposal.state.as_ref().map(|state| state.kind);
    match proposal.status {
        Verdict::Accept => Ruling::Done { state_id },
        Verdict::Wait => Ruling::Later(proposal.delay()),
        Verdict::Reject if proposal.is_repetition() => Ruling::Done { state_id },
        Verdict::Reject => match current {
            Some(kind) if kind == proposed => Ruling::Done { state_id },
            Some(StateType::Scheduled) if proposed.is_terminal() => Ruling::AwaitingRetry {
                due: scheduled_time(proposal),
            },
            Some(StateType::Cancelling) if proposed.is_terminal() => Ruling::Cancelling,
            Some(kind) if kind.is_terminal() && proposed.is_terminal() => Ruling::AlreadyTerminal,
            _ => Ruling::Refused(reason(proposal)),
        },
        Verdict::Abort if proposed.is_terminal() && says_terminal(proposal) => {
            Ruling::AlreadyTerminal
        }
        _ => Ruling::Refused(reason(proposal)),
    }
}

fn scheduled_time(proposal: &Proposal) -> Option<Timestamp> {
    let details = &proposal.state.as_ref()?.state_details;
    details.get("scheduled_time")?.as_str()?.parse().ok()
}

fn says_terminal(proposal: &Proposal) -> bool {
    proposal.reason().contains("terminal state")
}

fn reason(proposal: &Proposal) -> String {
    match (&proposal.state, proposal.reason()) {
        (_, reason) if !reason.is_empty() => reason.to_owned(),
        (Some(state), _) => format!("it is {}", state.name),
        (None, _) => "no reason given".to_owned(),
    }
}

/// Proposes Running and waits as long as the server says so; `Ok(Err)` is the server's reason against it.
pub(crate) async fn start(
    client: &Client,
    flow_run_id: Uuid,
    transition_id: Uuid,
) -> Result<Result<(), String>, Error> {
    let state = NewState::new(StateType::Running)
        .named("Running")
        .with_transition_id(transition_id);
    loop {
        let proposal = client
            .set_flow_run_state(flow_run_id, &state, false)
            .await?;
        match ruling(StateType::Running, &proposal) {
            Ruling::Done { .. } => return Ok(Ok(())),
            Ruling::Later(delay) => sleep(delay).await,
            Ruling::Refused(reason) => return Ok(Err(reason)),
            // These answer terminal states alone.
            Ruling::AlreadyTerminal | Ruling::AwaitingRetry { .. } | Ruling::Cancelling => {
                return Ok(Err("it has ended".to_owned()));
            }
        }
    }
}

/// Proposes the terminal state. A run that somebody has asked to cancel ends Cancelled, whatever dbt made of it.
pub(crate) async fn finish(
    client: &Client,
    flow_run_id: Uuid,
    end: &State,
    transition_id: Uuid,
) -> Result<FinalState, Error> {
    // A cancellation is the same transition, whatever was proposed before it.
    let cancelled = Uuid::new_v5(&transition_id, b"cancelled");
    let is_cancelled = end.kind == StateKind::Cancelled;
    // The server takes a second Cancelled, which would stand in the history.
    if is_cancelled && has_ended(client, flow_run_id).await? {
        return Ok(FinalState::AlreadyTerminal);
    }
    let mut state = NewState::new(state_type(end.kind))
        .named(&end.name)
        .with_message(end.message.clone())
        .with_transition_id(if is_cancelled {
            cancelled
        } else {
            transition_id
        });
    let mut kind = end.kind;
    loop {
        let proposal = client
            .set_flow_run_state(flow_run_id, &state, false)
            .await?;
        match ruling(state.kind, &proposal) {
            Ruling::Done { state_id } => {
                let name = state.name.unwrap_or_default();
                return Ok(FinalState::Accepted {
                    state_id,
                    kind,
                    name,
                });
            }
            Ruling::AlreadyTerminal => return Ok(FinalState::AlreadyTerminal),
            Ruling::AwaitingRetry { due } => return Ok(FinalState::AwaitingRetry { due }),
            Ruling::Later(delay) => sleep(delay).await,
            Ruling::Cancelling if state.kind != StateType::Cancelled => {
                kind = StateKind::Cancelled;
                state = NewState::new(StateType::Cancelled)
                    .named("Cancelled")
                    .with_message(end.message.clone())
                    .with_transition_id(cancelled);
            }
            Ruling::Cancelling => {
                return Ok(FinalState::Refused {
                    reason: reason(&proposal),
                });
            }
            Ruling::Refused(reason) => return Ok(FinalState::Refused { reason }),
        }
    }
}

async fn has_ended(client: &Client, flow_run_id: Uuid) -> Result<bool, Error> {
    let state = client.read_flow_run(flow_run_id).await?.state;
    Ok(state.is_some_and(|state| state.kind.is_terminal()))
}

/// Ends a flow run that no reporter is at work on, whatever the server's rules say of repetitions; gives what is wrong if
/// that fails.
pub(crate) async fn conclude(client: &Client, flow_run_id: Uuid, end: &State) -> Option<String> {
    let mut state = NewState::new(state_type(end.kind))
        .named(&end.name)
        .with_transition_id(Uuid::new_v4());
    state = state.with_message(end.message.clone());
    let answer = client.set_flow_run_state(flow_run_id, &state, true).await;
    match answer {
        Ok(proposal) if proposal.status == Verdict::Accept => None,
        Ok(proposal) => Some(format!(
            "Prefect does not take the final state: {}",
            reason(&proposal)
        )),
        Err(error) => Some(format!(
            "the flow run's final state could not be sent: {error}"
        )),
    }
}

/// The type of a state of ours, in the client's terms.
pub(crate) fn state_type(kind: StateKind) -> StateType {
    match kind {
        StateKind::Running => StateType::Running,
        StateKind::Completed => StateType::Completed,
        StateKind::Failed => StateType::Failed,
        StateKind::Cancelled => StateType::Cancelled,
        StateKind::Crashed => StateType::Crashed,
    }
}

#[cfg(test)]
mod tests;
