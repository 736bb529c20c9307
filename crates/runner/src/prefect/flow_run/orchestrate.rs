//! Proposes states of a flow run, and follows the answer of the server.

use jiff::Timestamp;
use prefect_client::{Client, Error, NewState, Proposal, StateType, Verdict};
use tokio::time::sleep;
use uuid::Uuid;

use crate::model::{FinalState, State, StateKind, error_chain};

/// What the answer to a proposed state means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The run is in the proposed state.
    Done { state_id: Option<Uuid> },
    /// The run had ended before.
    AlreadyTerminal,
    /// The server retries the run.
    AwaitingRetry { due: Option<Timestamp> },
    /// The run is being cancelled: the only terminal state that fits is Cancelled.
    Cancelling,
    /// Propose it again after this time.
    Later(std::time::Duration),
    /// The server refuses the state, for this reason.
    Refused(String),
}

/// Interprets the answer to a proposed state.
pub(crate) fn interpret(proposed: StateType, proposal: &Proposal) -> Answer {
    let state_id = proposal.state.as_ref().and_then(|state| state.id);
    let current = proposal.state.as_ref().map(|state| state.kind);
    match proposal.status {
        Verdict::Accept => Answer::Done { state_id },
        Verdict::Wait => Answer::Later(proposal.delay()),
        Verdict::Reject if proposal.is_repetition() => Answer::Done { state_id },
        Verdict::Reject => match current {
            Some(kind) if kind == proposed => Answer::Done { state_id },
            Some(StateType::Scheduled) if proposed.is_terminal() => Answer::AwaitingRetry {
                due: scheduled_time(proposal),
            },
            Some(StateType::Cancelling) if proposed.is_terminal() => Answer::Cancelling,
            Some(kind) if kind.is_terminal() && proposed.is_terminal() => Answer::AlreadyTerminal,
            _ => Answer::Refused(reason(proposal)),
        },
        Verdict::Abort if proposed.is_terminal() && says_terminal(proposal) => {
            Answer::AlreadyTerminal
        }
        _ => Answer::Refused(reason(proposal)),
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
        (Some(state), _) => format!("the flow run is {}", state.name),
        (None, _) => "no reason given".to_owned(),
    }
}

/// Proposes Running, and waits as long as the server demands; `Ok(Err)` is the reason for which the server refuses.
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
        match interpret(StateType::Running, &proposal) {
            Answer::Done { .. } => return Ok(Ok(())),
            Answer::Later(delay) => sleep(delay).await,
            Answer::Refused(reason) => return Ok(Err(reason)),
            // Only for terminal states.
            Answer::AlreadyTerminal | Answer::AwaitingRetry { .. } | Answer::Cancelling => {
                return Ok(Err("the flow run has ended".to_owned()));
            }
        }
    }
}

/// Proposes the terminal state. A run that is being cancelled ends Cancelled, whatever the result of dbt is.
pub(crate) async fn finish(
    client: &Client,
    flow_run_id: Uuid,
    end: &State,
    transition_id: Uuid,
) -> Result<FinalState, Error> {
    // The server would accept Cancelled a second time, and show it in the history.
    if end.kind == StateKind::Cancelled && has_ended(client, flow_run_id).await? {
        return Ok(FinalState::AlreadyTerminal);
    }
    let mut kind = end.kind;
    let mut state = terminal_state(end, kind, &end.name, transition_id);
    loop {
        let proposal = client
            .set_flow_run_state(flow_run_id, &state, false)
            .await?;
        match interpret(state.kind, &proposal) {
            Answer::Done { state_id } => {
                let name = state.name.unwrap_or_default();
                return Ok(FinalState::Accepted {
                    state_id,
                    kind,
                    name,
                });
            }
            Answer::AlreadyTerminal => return Ok(FinalState::AlreadyTerminal),
            Answer::AwaitingRetry { due } => return Ok(FinalState::AwaitingRetry { due }),
            Answer::Later(delay) => sleep(delay).await,
            Answer::Cancelling if kind != StateKind::Cancelled => {
                kind = StateKind::Cancelled;
                state = terminal_state(end, kind, "Cancelled", transition_id);
            }
            Answer::Cancelling => {
                return Ok(FinalState::Refused {
                    reason: reason(&proposal),
                });
            }
            Answer::Refused(reason) => return Ok(FinalState::Refused { reason }),
        }
    }
}

/// A terminal state with the message of `end`.
fn terminal_state(end: &State, kind: StateKind, name: &str, transition_id: Uuid) -> NewState {
    // A repeated cancellation is the same transition, whatever was proposed before it.
    let transition_id = match kind {
        StateKind::Cancelled => Uuid::new_v5(&transition_id, b"cancelled"),
        _ => transition_id,
    };
    NewState::new(state_type(kind))
        .named(name)
        .with_message(end.message.clone())
        .with_transition_id(transition_id)
}

async fn has_ended(client: &Client, flow_run_id: Uuid) -> Result<bool, Error> {
    let state = client.read_flow_run(flow_run_id).await?.state;
    Ok(state.is_some_and(|state| state.kind.is_terminal()))
}

/// Forces the terminal state of a flow run, even where the server would retry it. `Some` is what went wrong.
pub(crate) async fn force_final_state(
    client: &Client,
    flow_run_id: Uuid,
    end: &State,
) -> Option<String> {
    let mut state = NewState::new(state_type(end.kind))
        .named(&end.name)
        .with_transition_id(Uuid::new_v4());
    state = state.with_message(end.message.clone());
    let answer = client.set_flow_run_state(flow_run_id, &state, true).await;
    match answer {
        Ok(proposal) if proposal.status == Verdict::Accept => None,
        Ok(proposal) => Some(format!(
            "Prefect refuses the final state of the flow run: {}",
            reason(&proposal)
        )),
        Err(error) => Some(format!(
            "cannot set the final state of the flow run: {}",
            error_chain(&error)
        )),
    }
}

/// The state type of the client for a state of ours.
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
