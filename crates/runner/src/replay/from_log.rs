//! Converts a stored log of dbt to a journal.

use std::path::Path;

use dbt_events::otel::RecordName;

use super::artifacts_of_log::Artifacts;
use super::log::{Logged, LoggedRun, follow};
use crate::dbt::CommandLine;
use crate::model::{Effect, FlowRunRef, LogLevel, LogLine, RunEnd, State, StateKind};
use crate::store::{Header, JOURNAL_FORMAT, JournalFolder, JournalReader, JournalWriter};
use crate::track::summary::markdown;
use crate::track::{
    AssetOptions, Assets, ProcessEnd, TextSource, TrackedRun, Tracker, TrackerOptions,
    closing_line, is_data, judge, materializes,
};

/// Writes the journal of an invocation to the folder, without log lines below `level`.
pub(super) fn write_journal(
    log: &Path,
    run: &LoggedRun,
    artifacts: &Artifacts,
    flow: FlowRunRef,
    level: LogLevel,
    folder: &JournalFolder,
) -> std::io::Result<(Header, JournalReader)> {
    let header = Header {
        format: JOURNAL_FORMAT,
        run_id: run.run_id(),
        api: None,
        start: None,
        is_part: false,
        attempt: 1,
        key: None,
        created: run.started,
        args: run.args.clone(),
        flow,
    };
    let mut journal = JournalWriter::begin(folder.create(header.run_id), &header);
    let command = CommandLine::parse(&run.args).command();
    let tracked = track(log, run, artifacts, (&command, level), &mut journal)?;
    let state = state(&run.args, &tracked);
    let summary = markdown(&command, &run.args, &state, &tracked, &[]);
    journal.append(summary.map(Effect::Summary));
    journal.append(end_of_run(state, &tracked, level));
    Ok((header, journal.reader()))
}

/// Appends what the events of an invocation mean to the journal; gives the nodes and the end.
fn track(
    log: &Path,
    run: &LoggedRun,
    artifacts: &Artifacts,
    (command, level): (&str, LogLevel),
    journal: &mut JournalWriter,
) -> std::io::Result<TrackedRun> {
    let options = TrackerOptions::new(run.run_id()).level(level);
    let mut tracker = Tracker::new(options.command(command));
    let (manifest, _) = artifacts.manifest(&run.invocation_id);
    tracker.set_manifest(manifest.cloned());
    let mut assets = manifest
        .filter(|_| materializes(command))
        .map(|manifest| Assets::new(manifest, &AssetOptions::default()));
    let mut effects = Vec::new();
    let mut last = run.started;
    follow(log, run, |logged| {
        match logged {
            Logged::Event(event) => {
                last = last.max(event.ts());
                if is_data(event.name(), command) {
                    return;
                }
                tracker.on_event(event, &mut effects);
                if let Some(assets) = &mut assets {
                    assets.follow(Some(event), &|_| None, &mut effects);
                }
            }
            Logged::Record(record) => {
                last = last.max(record.time());
                if record.name() == RecordName::Output {
                    return;
                }
                tracker.on_record(record, &mut effects);
                if let Some(assets) = &mut assets {
                    assets.follow(None, &|_| None, &mut effects);
                }
            }
            Logged::Text(text, at) => {
                tracker.on_text(TextSource::Stdout, text, at, &mut effects);
            }
        }
        journal.append(effects.drain(..));
    })?;
    let end = ProcessEnd {
        exit_code: run.success.map(|success| i32::from(!success)),
        signal: None,
        at: last,
    };
    if let Some(sources) = artifacts.sources() {
        tracker.add_sources(sources, &mut effects);
    }
    let mut tracked = tracker.close(end, artifacts.results(), &mut effects);
    if let Some(assets) = &mut assets {
        assets.follow(None, &|_| None, &mut effects);
    }
    journal.append(effects.drain(..));
    tracked.end.exit_code = exit_code(&tracked, run.success);
    Ok(tracked)
}

/// The exit code of dbt after such a run: 2 when the command failed and no node did.
fn exit_code(run: &TrackedRun, success: Option<bool>) -> Option<i32> {
    let has_failures = run
        .nodes
        .iter()
        .any(|node| node.state.kind == StateKind::Failed);
    Some(match (success?, has_failures) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    })
}

/// The state of the flow run.
fn state(args: &[String], run: &TrackedRun) -> State {
    if run.end.exit_code.is_none() {
        return State {
            kind: StateKind::Crashed,
            name: "Crashed".to_owned(),
            message: Some("the log ends before the end of the command".to_owned()),
        };
    }
    judge(args, run, None, None, true).state
}

fn end_of_run(state: State, run: &TrackedRun, lowest: LogLevel) -> Vec<Effect> {
    let (level, message) = closing_line(&state);
    let at = run.end.at;
    let line = Effect::Log(LogLine::new(at, level, message, None));
    let end = Effect::RunFinished(RunEnd {
        state,
        dbt_exit: run.end.exit_code,
        at,
    });
    let line = lowest.includes(level).then_some(line);
    line.into_iter().chain([end]).collect()
}

#[cfg(test)]
mod tests;
