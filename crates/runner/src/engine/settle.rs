//! Stage 5, settle: write the end of the run, wait until it is delivered, and put the outcome together.

use jiff::Timestamp;

use super::judge::Judged;
use super::recorder::Closing;
use super::run::Attempt;
use crate::model::{Effect, FinalState, Level, LogLine, RunEnd, State, StateKind, StopCause};
use crate::outcome::{Outcome, exit_code_after_delivery};
use crate::track::summary::markdown;
use crate::track::{ProcessEnd, TrackedRun, Verdict, closing_line, healed_line, stopped_line};

impl Judged {
    /// Writes the end of the run and waits for its delivery.
    pub(super) async fn settle(self, attempt: Attempt<'_>) -> Outcome {
        let request = attempt.request;
        let Self {
            mut session,
            mut closing,
            command,
            end,
            run,
            verdict,
            manifest,
            record,
            work,
            history,
        } = self;
        if request.summary_artifact {
            let (args, compared) = (&request.args, &history.compared);
            let summary = markdown(&command, args, &verdict.state, &run, compared);
            closing.write(summary.map(Effect::Summary));
        }
        closing.write(summary_lines(&run, &end));
        let run_results = closing.run_results.take();
        let lines = std::mem::take(&mut closing.lines);
        closing.write(work.filter(|_| closing.has_ledger).map(Effect::Remaining));
        write_end(closing, &verdict, &end);

        let delivery = session.delivered().await;
        let page = delivery
            .as_ref()
            .and_then(|delivery| delivery.url.as_deref());
        history.link_to(page);
        let is_delivered = delivery.as_ref().is_some_and(|delivery| delivery.verified);
        session.finish_earlier(attempt, is_delivered).await;
        let journal = session.close_journal(is_delivered, &**attempt.observer);
        let final_state = delivery.as_ref().map(|delivery| &delivery.final_state);
        let is_engine = request.delivery.is_engine;
        Outcome {
            run_id: session.run_id,
            command,
            args: request.args.clone(),
            success: verdict.success,
            exit_code: exit_code_after_delivery(verdict.exit_code, final_state, is_engine),
            state: final_state_of(verdict.state, final_state),
            failure: verdict.failure,
            run,
            manifest,
            run_results,
            lines,
            journal,
            flow: Some(session.flow_run),
            record,
            journal_hold: session.journal_hold,
            delivery,
        }
    }
}

/// The log lines about the nodes that ran again, and about those that a stop prevented.
fn summary_lines(run: &TrackedRun, end: &ProcessEnd) -> impl Iterator<Item = Effect> + use<> {
    let healed = healed_line(run).map(|message| log(end, Level::Info, message));
    let stopped = stopped_line(run).map(|message| log(end, Level::Warning, message));
    healed.into_iter().chain(stopped)
}

/// The state of the run: Cancelled if the flow run was cancelled while dbt ended, whatever dbt reported.
fn final_state_of(verdict: State, server: Option<&FinalState>) -> State {
    match server {
        Some(FinalState::Accepted {
            kind: StateKind::Cancelled,
            ..
        }) if verdict.kind != StateKind::Cancelled => StopCause::Cancel.state(),
        _ => verdict,
    }
}

/// Writes the closing line and the end of the run, and closes the journal.
fn write_end(mut closing: Closing, verdict: &Verdict, end: &ProcessEnd) {
    let (level, message) = closing_line(&verdict.state);
    let finished = Effect::RunFinished(RunEnd {
        state: verdict.state.clone(),
        dbt_exit: end.exit_code,
        at: Timestamp::now().max(end.at),
    });
    closing.write([log(end, level, message), finished]);
}

/// A log line of the run, never before dbt's end.
fn log(end: &ProcessEnd, level: Level, message: String) -> Effect {
    Effect::Log(LogLine::new(
        Timestamp::now().max(end.at),
        level,
        message,
        None,
    ))
}
