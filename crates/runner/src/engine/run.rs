//! One invocation, step by step.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::admission::{Turn, await_turn};
use super::asset_watch::AssetWatch;
use super::connect::Report;
use super::drive::{Driven, drive};
use super::prepare::Prepared;
use super::recorder::{Closing, Recorder};
use crate::dbt::{DbtError, DbtProcess};
use crate::dbt_retry;
use crate::model::{
    Delivery, Effect, FinalState, FlowTarget, Level, LogLine, Notice, RunEnd, State, StateKind,
    StopCause, Stopper,
};
use crate::observe::Observer;
use crate::outcome::{Error, Outcome};
use crate::prefect::control::Supervision;
use crate::prefect::delivery::Reporter;
use crate::replay::leftovers;
use crate::request::Invocation;
use crate::store::{Header, JOURNAL_FORMAT, JournalFolder, JournalReader, JournalWriter, Records};
use crate::track::summary::markdown;
use crate::track::{
    ProcessEnd, Redactor, Tracker, TrackerOptions, Verdict, closing_line, exit_code, judge,
    stopped_line,
};

/// Runs dbt once, and reports the run.
///
/// # Errors
/// When dbt cannot be started, or the run needs Prefect and cannot have it. That dbt failed is no error.
pub async fn run(
    invocation: Invocation,
    observer: Arc<dyn Observer>,
    stopper: Stopper,
) -> Result<Outcome, Error> {
    let Turn {
        prepared,
        claim,
        run_id,
        report: Report { target, reporter },
    } = match await_turn(&invocation, &*observer, &stopper).await? {
        Ok(turn) => turn,
        Err(outcome) => return Ok(*outcome),
    };
    let command = &prepared.args.command;
    let folder = prepared.folder.as_ref();

    if reporter.is_none() && prepared.args.has_command() && !invocation.flow.declined {
        observer.on_notice(&Notice::Unconfigured);
    }
    let flow_run_id = engine_of(&target);
    let supervision = Supervision::begin(
        invocation.flow.supervisor_of_target(&target),
        &target,
        reporter.as_ref().map(Reporter::client),
        reporter.as_ref().and_then(Reporter::ending),
        &stopper,
    );
    let mut journal = begin_journal(&invocation, run_id, target.clone(), folder);
    if let Some(problem) = journal.problem() {
        observer.on_warning(&format!(
            "the journal of this run stays in memory: {problem}"
        ));
    }
    note(&mut journal, &invocation, &prepared);
    let journal_path = journal.path().map(Path::to_path_buf);
    observer.on_journal(journal.reader());
    // What runs left that were killed goes to the same server, as far as this one gives it time.
    let leftovers = match (folder, &invocation.client) {
        (Some(folder), Some(client)) if reporter.is_some() => {
            let limits = (invocation.rate, invocation.budget);
            Some(leftovers(folder, client, limits, &observer))
        }
        _ => None,
    };
    let introduction = supervision.introduction();
    let reporting =
        reporter.map(|reporter| report(reporter, journal.reader(), &observer, introduction));

    let recorder = recorder(&invocation, &prepared, run_id, journal, &observer);
    let records = folder.map(|folder| Records::beside(folder.dir()));
    if let Some(records) = &records {
        let guard = prepared.guard.as_ref();
        let ids = (run_id, flow_run_id);
        dbt_retry::begin(ids, &invocation, &prepared.project, guard, records);
    }
    let process = match DbtProcess::start(prepared.command(&invocation)) {
        Ok(process) => process,
        Err(error) => {
            not_started(recorder.journal, &error);
            if let Some(records) = &records {
                records.forget(run_id);
            }
            let delivery = reported(reporting, &supervision).await;
            let served = delivery.is_none_or(|delivery| delivery.verified);
            if let (Some(folder), Some(path), true) = (folder, &journal_path, served) {
                folder.discard(path);
            }
            return Err(error.into());
        }
    };
    let Driven {
        recorder,
        end,
        stopped,
    } = drive(process, recorder, invocation.timeout, &stopper).await?;
    let stopped = match stopped {
        // A stop that came too late has stopped nothing.
        Some(cause) if end.exit_code != Some(0) => Some(supervision.explain(cause).await),
        stopped => stopped,
    };

    let (run, mut closing) = recorder.close(end);
    let objection = prepared
        .guard
        .as_ref()
        .and_then(|guard| guard.objection(&run));
    // What is not done is still to be repeated from the record that is there.
    let is_open = objection.is_some();
    let verdict = judge(
        &invocation.args,
        &run,
        stopped,
        objection,
        invocation.raise_on_failure,
    );
    let manifest = closing.manifest.take();
    let run_results = closing.run_results.take();
    let record = records.as_ref().filter(|_| !is_open).and_then(|records| {
        let ended = dbt_retry::Ended {
            run_id,
            flow_run_id,
            invocation: &invocation,
            project: &prepared.project,
            run: &run,
            guard: prepared.guard.as_ref(),
            manifest: manifest.clone(),
        };
        dbt_retry::save(&ended, records)
    });
    if let Some(records) = records.filter(|_| is_open) {
        records.forget(run_id);
    }
    // From here on nothing of dbt's is read any more.
    drop(claim);
    if invocation.summary_artifact {
        let summary = markdown(command, &invocation.args, &verdict.state, &run);
        closing.write(summary.map(Effect::Summary));
    }
    let stopped = stopped_line(&run).map(|message| {
        Effect::Log(LogLine {
            at: Timestamp::now().max(end.at),
            level: Level::Warning,
            message,
            task: None,
        })
    });
    closing.write(stopped);
    finish(closing, &verdict, &end);
    let delivery = reported(reporting, &supervision).await;
    if let Some(leftovers) = leftovers {
        leftovers.finish(invocation.verify_timeout).await;
    }
    let served = delivery.as_ref().is_some_and(|delivery| delivery.verified);
    if let Some(folder) = folder {
        if let Some(path) = journal_path.as_deref().filter(|_| served) {
            folder.discard(path);
        }
        folder.trim();
    }
    let final_state = delivery.as_ref().map(|delivery| &delivery.final_state);
    Ok(Outcome {
        run_id,
        command: command.clone(),
        args: invocation.args,
        success: verdict.success,
        state: final_state
            .filter(|_| verdict.state.kind != StateKind::Cancelled)
            .and_then(cancelled_late)
            .unwrap_or(verdict.state),
        exit_code: exit_code(verdict.exit_code, final_state),
        failure: verdict.failure,
        run,
        manifest,
        run_results,
        delivery,
        journal: journal_path.filter(|_| !served),
        flow: Some(target),
        record,
    })
}

/// The state of a flow run that somebody cancelled, whatever dbt made of the run.
fn cancelled_late(told: &FinalState) -> Option<State> {
    match told {
        FinalState::Accepted {
            kind: StateKind::Cancelled,
            ..
        } => Some(StopCause::Cancel.state()),
        _ => None,
    }
}

/// The flow run whose engine we are, if it was there before.
fn engine_of(target: &FlowTarget) -> Option<Uuid> {
    match target {
        FlowTarget::Existing {
            flow_run_id,
            own_states: true,
        } => Some(*flow_run_id),
        _ => None,
    }
}

/// The journal of an invocation, with its header.
pub(super) fn begin_journal(
    invocation: &Invocation,
    run_id: Uuid,
    flow: FlowTarget,
    folder: Option<&JournalFolder>,
) -> JournalWriter {
    let header = Header {
        format: JOURNAL_FORMAT,
        run_id,
        attempt: invocation.attempt.number,
        key: invocation.attempt.key,
        created: Timestamp::now(),
        args: invocation.args.clone(),
        api: invocation
            .client
            .as_ref()
            .map(|client| client.api_url().to_string())
            .filter(|_| !matches!(flow, FlowTarget::Nowhere { .. })),
        flow,
    };
    match folder {
        Some(folder) => JournalWriter::begin(folder.create(run_id), &header),
        None => JournalWriter::in_memory(&header),
    }
}

/// Says in the log what this attempt does, where that is not what the user wrote.
fn note(journal: &mut JournalWriter, invocation: &Invocation, prepared: &Prepared) {
    let attempt = invocation.attempt.note.clone();
    let guard = prepared.guard.as_ref().and_then(|guard| guard.note());
    let level = invocation.settings.level_of(&prepared.args);
    let lines = attempt.into_iter().chain(guard).map(|message| {
        Effect::Log(LogLine {
            at: Timestamp::now(),
            level: Level::Info,
            message,
            task: None,
        })
    });
    journal.append(lines.filter(|_| level.includes(Level::Info)));
}

/// Reports a run in the background.
fn report(
    reporter: Reporter,
    journal: JournalReader,
    observer: &Arc<dyn Observer>,
    introduction: watch::Sender<Option<Uuid>>,
) -> JoinHandle<Delivery> {
    let observer = Arc::clone(observer);
    tokio::spawn(async move {
        let on_notice = |notice| {
            if let Notice::Connected { flow_run_id, .. } = &notice {
                introduction.send_replace(Some(*flow_run_id));
            }
            observer.on_notice(&notice);
        };
        reporter.run(journal, on_notice).await
    })
}

/// Waits until the run is reported, and tells whoever started us how it ended.
async fn reported(
    reporting: Option<JoinHandle<Delivery>>,
    supervision: &Supervision,
) -> Option<Delivery> {
    let delivery = reporting?.await.ok()?;
    supervision.report(&delivery.final_state).await;
    Some(delivery)
}

fn recorder(
    invocation: &Invocation,
    prepared: &Prepared,
    run_id: Uuid,
    journal: JournalWriter,
    observer: &Arc<dyn Observer>,
) -> Recorder {
    let level = invocation.settings.level_of(&prepared.args);
    let target = &prepared.project.target;
    let options = TrackerOptions::new(run_id)
        .attempt(invocation.attempt.number)
        .level(level);
    Recorder {
        tracker: Tracker::new(options),
        assets: AssetWatch::new(invocation, &prepared.args, target),
        journal,
        redactor: Redactor::new(prepared.secrets().into_iter().map(|(_, value)| value)),
        observer: Arc::clone(observer),
        target: target.clone(),
        command: prepared.args.command.clone(),
        level,
        manifest_read: false,
        keeps_artifacts: invocation.keep_artifacts,
        manifest: None,
        effects: Vec::new(),
    }
}

/// Ends the journal of a run whose dbt could not be started, so that its flow run does not stay Running. Crashed, since
/// a repetition would do no better.
fn not_started(mut journal: JournalWriter, error: &DbtError) {
    let state = State {
        kind: StateKind::Crashed,
        name: "Crashed".to_owned(),
        message: Some(error.to_string()),
    };
    journal.append([Effect::RunFinished(RunEnd {
        state,
        dbt_exit: None,
        at: Timestamp::now(),
    })]);
}

/// Writes the run's own last words, and closes the journal.
fn finish(mut closing: Closing, verdict: &Verdict, end: &ProcessEnd) {
    let at = Timestamp::now().max(end.at);
    let (level, message) = closing_line(&verdict.state);
    closing.write([
        Effect::Log(LogLine {
            at,
            level,
            message,
            task: None,
        }),
        Effect::RunFinished(RunEnd {
            state: verdict.state.clone(),
            dbt_exit: end.exit_code,
            at,
        }),
    ]);
}
