//! Finishing: the terminal state of the flow run, the summary, and the result of the delivery.

use super::confirmation::Confirmation;
use super::outage::SendError;
use super::sender::Sender;
use super::summary_artifact::publish;
use crate::model::{Delivery, FinalState, Notice, Ownership, RunEnd, RunSummary, error_chain};
use crate::prefect::flow_run::{FinalStateSetter, finish};
use crate::store::Feed;

/// The last steps of a delivery.
pub(super) struct Finish {
    pub(super) ownership: Ownership,
    pub(super) setter: FinalStateSetter,
    /// Whether the run was over before its delivery began.
    pub(super) is_replay: bool,
}

impl Finish {
    /// Sets the terminal state, if the states of the flow run are ours.
    pub(super) async fn set_final_state<F: Feed>(
        &self,
        sender: &mut Sender<'_>,
        journal: &F,
        end: Option<&RunEnd>,
    ) -> (FinalState, Result<(), SendError>) {
        if self.ownership == Ownership::Attached {
            return (FinalState::NotOwned, Ok(()));
        }
        let (Some(end), Some(flow_run_id)) = (end, sender.context.flow_run_id()) else {
            return (FinalState::NotSent, Ok(()));
        };
        let (client, outages) = (sender.client, &mut sender.outages);
        let answer = self
            .setter
            .decide(async |transition| {
                let set = || finish(client, flow_run_id, &end.state, transition);
                outages.wait_out(journal, set).await
            })
            .await;
        match answer {
            Ok(state) => (state, Ok(())),
            Err(error) => (FinalState::NotSent, Err(error)),
        }
    }

    /// Creates the summary artifact. One that the server refuses is left out.
    pub(super) async fn publish_summary<F: Feed>(
        &self,
        sender: &mut Sender<'_>,
        journal: &F,
        summary: Option<RunSummary>,
    ) -> Result<(), SendError> {
        let (Some(summary), Some(flow_run_id)) = (summary, sender.context.flow_run_id()) else {
            return Ok(());
        };
        let client = sender.client;
        let mut is_repetition = self.is_replay;
        let create = || {
            let is_repetition = std::mem::replace(&mut is_repetition, true);
            publish(client, flow_run_id, &summary, is_repetition)
        };
        match sender.outages.wait_out(journal, create).await {
            Err(SendError::Refused(error)) => {
                sender.outages.report_left_out(error_chain(&error));
                Ok(())
            }
            other => other,
        }
    }

    /// The result of the delivery. `seen` is how many of the unconfirmed task runs the server has.
    pub(super) fn delivery(
        sender: Sender<'_>,
        confirmation: &Confirmation,
        skipped_task_runs: usize,
        final_state: FinalState,
        seen: Result<usize, SendError>,
    ) -> Delivery {
        let confirmed_late = seen.as_ref().copied().unwrap_or_default();
        let unconfirmed = confirmation.unconfirmed() - confirmed_late;
        let problem = match seen {
            Err(error) => Some(undelivered(&final_state, unconfirmed, &error_chain(&error))),
            Ok(_) => problem(&final_state, sender.not_sent(), unconfirmed),
        };
        let mut outages = sender.outages;
        if let Some(problem) = sender.budget.omitted() {
            outages.notify(Notice::Omitted { problem });
        }
        let flow_run_id = sender.context.flow_run_id();
        Delivery {
            flow_run_id,
            url: flow_run_id.and_then(|id| sender.client.settings().flow_run_page(id)),
            flow_run_name: sender.context.flow_run.map(|run| run.name),
            verified: problem.is_none(),
            task_runs: confirmation.task_runs() + skipped_task_runs,
            unconfirmed,
            final_state,
            problem,
        }
    }
}

/// What Prefect lacks after a request that failed for good, and the failure.
pub(super) fn undelivered(final_state: &FinalState, unconfirmed: usize, cause: &str) -> String {
    let state =
        matches!(final_state, FinalState::NotSent).then(|| "the end of the flow run".to_owned());
    let task_runs = match unconfirmed {
        0 => None,
        1 => Some("1 task run".to_owned()),
        n => Some(format!("{n} task runs")),
    };
    let lacking: Vec<_> = state.into_iter().chain(task_runs).collect();
    match lacking.is_empty() {
        true => cause.to_owned(),
        false => format!("not delivered: {}: {cause}", lacking.join(" and ")),
    }
}

/// Why a delivery is incomplete although no request failed.
fn problem(final_state: &FinalState, not_sent: usize, unconfirmed: usize) -> Option<String> {
    Some(match (final_state, not_sent, unconfirmed) {
        (FinalState::Refused { reason }, ..) => {
            format!("Prefect refuses the final state of the flow run: {reason}")
        }
        (FinalState::NotSent, ..) => "the journal does not contain the end of the run".to_owned(),
        (_, 1.., _) => {
            format!("{not_sent} log lines and events were not sent because of the rate limit")
        }
        (_, 0, 0) => return None,
        (_, 0, n) => format!("Prefect has not recorded {n} task runs yet"),
    })
}
