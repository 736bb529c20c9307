//! The final state of a flow run, which is set once.

use std::sync::Arc;

use jiff::Timestamp;
use prefect_client::{Client, Error, NewState, StateType, Verdict};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::orchestrate::finish;
use crate::model::{FinalState, State};

/// Sets the final state of a flow run. The first caller decides it, later ones get its answer. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct FinalStateSetter(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Id of the transition: it identifies a repeated request.
    transition: Uuid,
    state: Mutex<Option<FinalState>>,
}

impl Default for FinalStateSetter {
    fn default() -> Self {
        Self(Arc::new(Shared {
            transition: Uuid::new_v4(),
            state: Mutex::default(),
        }))
    }
}

impl FinalStateSetter {
    /// Calls `propose` with the id of the transition, unless the final state is decided already. Other callers wait meanwhile.
    pub(crate) async fn decide<E>(
        &self,
        propose: impl AsyncFnOnce(Uuid) -> Result<FinalState, E>,
    ) -> Result<FinalState, E> {
        let mut state = self.0.state.lock().await;
        if let Some(state) = &*state {
            return Ok(state.clone());
        }
        let answer = propose(self.0.transition).await?;
        Ok(state.insert(answer).clone())
    }

    /// Whether the final state is neither decided nor being decided.
    pub(crate) fn is_open(&self) -> bool {
        let state = self.0.state.try_lock();
        state.is_ok_and(|state| state.is_none())
    }

    /// Sets this state.
    pub(crate) async fn set(
        &self,
        client: &Client,
        flow_run_id: Uuid,
        end: &State,
    ) -> Result<FinalState, Error> {
        self.decide(async |transition| finish(client, flow_run_id, end, transition).await)
            .await
    }

    /// Leaves the final state to the supervisor.
    pub(crate) async fn leave(&self) {
        let left: Result<_, std::convert::Infallible> = self
            .decide(async |_| Ok(FinalState::LeftToSupervisor))
            .await;
        let Ok(state) = left;
        tracing::debug!(?state, "the final state is left to the supervisor");
    }

    /// Reschedules the flow run, unless it has ended. A crashed one is rescheduled: its process may have been evicted.
    pub(crate) async fn reschedule(
        &self,
        client: &Client,
        flow_run_id: Uuid,
    ) -> Result<FinalState, Error> {
        self.decide(async |transition| {
            let run = client.read_flow_run(flow_run_id).await?;
            let kind = run.state.map_or(StateType::Unknown, |state| state.kind);
            if kind.is_terminal() && kind != StateType::Crashed {
                return Ok(FinalState::AlreadyTerminal);
            }
            let mut state = NewState::new(StateType::Scheduled)
                .named("AwaitingRetry")
                .with_transition_id(transition);
            state.state_details["scheduled_time"] = Timestamp::now().to_string().into();
            let answer = client
                .set_flow_run_state(flow_run_id, &state, false)
                .await?;
            Ok(match answer.status {
                Verdict::Accept => FinalState::Rescheduled,
                _ if answer.is_repetition() => FinalState::Rescheduled,
                _ => FinalState::Refused {
                    reason: answer.reason().to_owned(),
                },
            })
        })
        .await
    }
}
