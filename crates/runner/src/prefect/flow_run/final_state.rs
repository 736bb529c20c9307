//! The end of a flow run, which comes once.

use std::sync::Arc;

use jiff::Timestamp;
use prefect_client::{Client, Error, NewState, StateType, Verdict};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::orchestrate::finish;
use crate::model::{FinalState, State};

/// The end of a flow run: decided once, by whoever comes first. Clones are the same end.
#[derive(Debug, Clone)]
pub(crate) struct Ending(Arc<Decision>);

#[derive(Debug)]
struct Decision {
    /// What makes a repeated proposal the same one.
    transition: Uuid,
    state: Mutex<Option<FinalState>>,
}

impl Default for Ending {
    fn default() -> Self {
        Self(Arc::new(Decision {
            transition: Uuid::new_v4(),
            state: Mutex::default(),
        }))
    }
}

impl Ending {
    /// Ends the flow run by `propose`, which is given the identity of the transition, unless it has ended. Nobody else can
    /// meanwhile.
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

    /// Ends it in this state.
    pub(crate) async fn set(
        &self,
        client: &Client,
        flow_run_id: Uuid,
        end: &State,
    ) -> Result<FinalState, Error> {
        self.decide(async |transition| finish(client, flow_run_id, end, transition).await)
            .await
    }

    /// Leaves it to somebody else.
    pub(crate) async fn leave(&self) {
        let left: Result<_, std::convert::Infallible> =
            self.decide(async |_| Ok(FinalState::LeftAlone)).await;
        let Ok(state) = left;
        tracing::debug!(?state, "the flow run's end is left to others");
    }

    /// Schedules the flow run anew, unless it has ended: one that crashed may have been evicted.
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
