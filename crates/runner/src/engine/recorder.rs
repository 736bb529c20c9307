//! The path from dbt's output to the journal. Nothing may block it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use dbt_events::{Event, EventName, Line, RawLine, decode, strip_ansi};
use dbt_manifest::{Manifest, RunResults};
use jiff::Timestamp;
use tokio::sync::watch;

use super::asset_watch::AssetWatch;
use super::manifest_file::ManifestFile;
use crate::dbt::{read_manifest, read_run_results, read_sources};
use crate::dbt_retry::OpenRecord;
use crate::model::{Effect, Level, LogLevel, LogLine, StopCause};
use crate::observe::Observer;
use crate::store::JournalWriter;
use crate::track::{ProcessEnd, Redactor, TextSource, TrackedRun, Tracker, is_data, is_for_prints};

/// The events in which dbt says that it has cancelled a query, or that its adapter cannot.
const CANCELLED: [&str; 2] = ["LogCancelLine", "QueryCancelationUnsupported"];

/// Turns dbt's output into effects and appends them to the journal.
pub(super) struct Recorder {
    pub(super) tracker: Tracker,
    pub(super) assets: AssetWatch,
    pub(super) journal: JournalWriter,
    /// Whether the user knows that the journal cannot be written.
    pub(super) is_journal_lost: bool,
    pub(super) redactor: Redactor,
    pub(super) observer: Arc<dyn Observer>,
    /// dbt's target folder.
    pub(super) target: PathBuf,
    /// The dbt command.
    pub(super) command: String,
    /// The lowest level of log lines that are kept.
    pub(super) level: LogLevel,
    /// The manifest, until it is read.
    pub(super) manifest_file: ManifestFile,
    /// What happened to nodes before the manifest was there, which has their edges.
    pub(super) held: Vec<Effect>,
    /// Whether the outcome holds dbt's artifacts.
    pub(super) keeps_artifacts: bool,
    /// The manifest, if the outcome holds it.
    pub(super) manifest: Option<Arc<Manifest>>,
    pub(super) effects: Vec<Effect>,
    /// What dbt printed as data.
    pub(super) lines: Vec<String>,
    /// The record of the attempt.
    pub(super) open_record: Option<OpenRecord>,
    /// Whether the attempt has a ledger in Prefect.
    pub(super) has_ledger: bool,
    /// Where the manifest goes when it is there: what is to do is determined from it.
    pub(super) schedule: Option<Sender<Arc<Manifest>>>,
    /// Changes each time that dbt says that it has cancelled a query, or cannot.
    pub(super) cancelled: watch::Sender<()>,
    /// The nodes that dbt was going to run, if they were determined from the manifest.
    pub(super) scheduled: Option<Vec<String>>,
}

impl Recorder {
    /// Records a line of dbt's standard output.
    pub(super) fn on_stdout(&mut self, line: &RawLine<'_>) {
        match decode(&line.text) {
            Line::Event(event) => self.on_event(&event),
            // `--version`, `--help` and usage errors are plain text.
            Line::Text(text) if self.command.is_empty() => self.on_data(text),
            Line::Text(text) if is_for_prints(&self.command) => {
                self.on_text(TextSource::Stdout, text);
                self.on_data(text);
            }
            Line::Text(text) => self.on_text(TextSource::Stdout, text),
        }
    }

    /// Records a line of the launcher: an event, or a note of the launcher itself.
    pub(super) fn on_launcher(&mut self, line: &RawLine<'_>) {
        match decode(&line.text) {
            Line::Event(event) => self.on_event(&event),
            Line::Text("") => {}
            Line::Text(note) => self.log(Level::Debug, note.to_owned()),
        }
    }

    /// Records a line of dbt's standard error.
    pub(super) fn on_stderr(&mut self, line: &RawLine<'_>) {
        self.on_text(TextSource::Stderr, &line.text);
    }

    fn on_event(&mut self, event: &Event<'_>) {
        self.observer.on_event(event);
        if CANCELLED.contains(&event.raw_name()) {
            self.cancelled.send_replace(());
        }
        if !event.invocation_id().is_empty()
            && let Some(record) = &mut self.open_record
        {
            record.identify(event.invocation_id());
        }
        let is_needed = self.tracker.needs_manifest(event);
        if let Some(reading) = self.manifest_file.at_event(event, is_needed) {
            self.take_manifest(reading);
        }
        if is_data(event.name(), &self.command) {
            let message = event.message();
            let message = strip_ansi(&message);
            return self.on_data(self.without_headline(event.name(), &message));
        }
        let is_printed = event.name() == EventName::PrintEvent && is_for_prints(&self.command);
        self.tracker.on_event(event, &mut self.effects);
        if is_printed {
            self.effects.iter_mut().for_each(mark_data);
            self.on_data(&strip_ansi(&event.message()));
        }
        self.hold_back();
        let warnings = self.assets.follow(Some(event), &mut self.effects);
        self.warn(&warnings);
        self.write();
    }

    /// A result as dbt prints it: without its headline when the level is `error` or above (`--quiet`).
    fn without_headline<'t>(&self, name: EventName, text: &'t str) -> &'t str {
        let headlines = match name {
            EventName::ShowNode => ["Previewing node ", "Previewing inline node"],
            EventName::CompiledNode => ["Compiled node ", "Compiled inline node"],
            _ => return text,
        };
        match text.split_once('\n') {
            Some((first, rest))
                if self.level >= LogLevel::Error
                    && headlines.iter().any(|head| first.starts_with(head)) =>
            {
                rest
            }
            _ => text,
        }
    }

    fn on_data(&mut self, text: &str) {
        let line = self.redactor.text(text).into_owned();
        self.observer.on_data(&line);
        self.lines.push(line);
    }

    fn on_text(&mut self, source: TextSource, text: &str) {
        self.tracker
            .on_text(source, text, Timestamp::now(), &mut self.effects);
        if source == TextSource::Stdout && is_for_prints(&self.command) {
            self.effects.iter_mut().for_each(mark_data);
        }
        self.write();
    }

    /// Keeps back what happened to nodes while the manifest is still to come.
    fn hold_back(&mut self) {
        if self.manifest_file.is_awaited() {
            let is_of_node = |effect: &mut Effect| {
                matches!(effect, Effect::NodeRunning(_) | Effect::NodeFinished(..))
            };
            self.held.extend(self.effects.extract_if(.., is_of_node));
        }
    }

    /// Takes the manifest, and completes what happened to nodes before.
    fn take_manifest(&mut self, reading: Result<Arc<Manifest>, String>) {
        self.set_manifest(reading);
        let mut held = std::mem::take(&mut self.held);
        for effect in &mut held {
            self.tracker.complete(effect);
        }
        let warnings = self.assets.follow(None, &mut held);
        self.warn(&warnings);
        self.effects.extend(held);
        self.write();
    }

    fn set_manifest(&mut self, reading: Result<Arc<Manifest>, String>) {
        match reading {
            Ok(manifest) => {
                if let Some(newer) = manifest.newer_version() {
                    self.observer.on_warning(&newer.to_string());
                }
                self.observer.on_manifest(&manifest);
                if let Some(schedule) = self.schedule.take() {
                    let _ = schedule.send(Arc::clone(&manifest));
                }
                self.assets.set_manifest(&manifest);
                self.manifest = self.keeps_artifacts.then(|| Arc::clone(&manifest));
                self.tracker.set_manifest(Some(manifest));
            }
            Err(problem) => {
                self.tracker.set_manifest(None);
                self.observer.on_warning(&format!(
                    "the task runs of this run have no edges and no assets: cannot read its manifest: {problem}"
                ));
            }
        }
    }

    /// Records an effect that is not from dbt's output.
    pub(super) fn record(&mut self, effect: Effect) {
        self.effects.push(effect);
        self.write();
    }

    /// Records that the runner asks dbt to stop.
    pub(super) fn on_stop(&mut self, cause: StopCause) {
        let reason = cause.reason();
        self.tracker.interrupted(reason);
        self.log(Level::Warning, format!("Stopping dbt: {reason}"));
    }

    /// Records a log line of the run.
    pub(super) fn log(&mut self, level: Level, message: String) {
        if self.level.includes(level) {
            let line = LogLine::new(Timestamp::now(), level, message, None);
            self.record(Effect::Log(line));
        }
    }

    /// Completes effects that came with no event, and writes them.
    pub(super) fn finish_effects(&mut self) {
        let warnings = self.assets.follow(None, &mut self.effects);
        self.warn(&warnings);
        self.write();
    }

    fn warn(&self, warnings: &[String]) {
        for warning in warnings {
            self.observer.on_warning(&self.redactor.text(warning));
        }
    }

    fn write(&mut self) {
        for effect in &mut self.effects {
            self.redactor.effect(effect);
        }
        if self.effects.is_empty() {
            return;
        }
        self.journal.append(self.effects.drain(..));
        if !self.is_journal_lost
            && let Some(problem) = self.journal.problem()
        {
            self.is_journal_lost = true;
            self.observer.on_warning(&format!(
                "cannot write the rest of the journal of this run, which stays in memory: {problem}"
            ));
        }
    }

    /// dbt's results: all of them for the outcome, else those that the events leave open.
    fn read_results(&self, end: &ProcessEnd) -> Option<RunResults> {
        if self.keeps_artifacts {
            return read_run_results(&self.target, |_| true);
        }
        if !self.tracker.needs_results(end) {
            return None;
        }
        let needed = self.tracker.needed_results();
        read_run_results(&self.target, |result| needed.include(result))
    }

    /// Ends the nodes: every open node gets its terminal state. Returns the open journal for the end of the run itself.
    pub(super) fn close(mut self, end: ProcessEnd) -> (TrackedRun, Closing) {
        if let Some(reading) = self.manifest_file.at_end() {
            self.take_manifest(reading);
        }
        let results = self.read_results(&end);
        let mut effects = std::mem::take(&mut self.effects);
        if self.tracker.needs_sources()
            && let Some(sources) = read_sources(&self.target)
        {
            self.tracker.add_sources(&sources, &mut effects);
        }
        let mut run = self.tracker.close(end, results.as_ref(), &mut effects);
        for warning in self.assets.follow(None, &mut effects) {
            self.observer.on_warning(&self.redactor.text(&warning));
        }
        for effect in &mut effects {
            self.redactor.effect(effect);
        }
        self.journal.append(effects);
        self.redactor.run(&mut run);
        if self.keeps_artifacts && self.manifest.is_none() {
            // A command without nodes, such as `parse`, may have written it, too.
            let id = run.invocation_id.as_deref();
            self.manifest = id.and_then(|id| read_manifest(&self.target, Some(id)).ok());
        }
        let closing = Closing {
            journal: self.journal,
            manifest: self.manifest,
            run_results: results.filter(|_| self.keeps_artifacts).filter(|results| {
                let theirs = &results.metadata.invocation_id;
                theirs.is_some() && *theirs == run.invocation_id
            }),
            lines: self.lines,
            redactor: self.redactor,
            level: self.level,
            has_ledger: self.has_ledger,
            scheduled: self.scheduled,
        };
        (run, closing)
    }
}

/// Marks a line that is also printed as data.
fn mark_data(effect: &mut Effect) {
    if let Effect::Log(line) = effect {
        line.is_data = true;
    }
}

/// The open journal of a run whose nodes have ended.
pub(super) struct Closing {
    pub(super) journal: JournalWriter,
    pub(super) manifest: Option<Arc<Manifest>>,
    /// run_results.json, if dbt wrote it in this run and the outcome holds it.
    pub(super) run_results: Option<RunResults>,
    /// What dbt printed as data.
    pub(super) lines: Vec<String>,
    /// Whether the attempt has a ledger in Prefect.
    pub(super) has_ledger: bool,
    /// The nodes that dbt was going to run, if they were determined from the manifest.
    pub(super) scheduled: Option<Vec<String>>,
    redactor: Redactor,
    level: LogLevel,
}

impl Closing {
    /// Appends effects of the run itself. Log lines below the level are left out.
    pub(super) fn write(&mut self, effects: impl IntoIterator<Item = Effect>) {
        let level = self.level;
        let kept = effects
            .into_iter()
            .filter(|effect| !matches!(effect, Effect::Log(line) if !level.includes(line.level)))
            .map(|mut effect| {
                self.redactor.effect(&mut effect);
                effect
            })
            .collect::<Vec<_>>();
        self.journal.append(kept);
    }
}
