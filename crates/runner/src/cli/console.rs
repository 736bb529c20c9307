//! The console: the log lines and the progress of a run, on stderr.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::printer::Printer;
use super::{line, notice};
use crate::model::{Effect, FlowRunRef, Level, Notice, StateKind};
use crate::observe::Observer;
use crate::store::{Entry, JournalReader};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Shows a run on stderr. Prints dbt's data to stdout, or collects it.
pub(super) struct Console {
    screen: Arc<Screen>,
    /// dbt's data lines, if they become part of the JSON result.
    data: Option<Mutex<Vec<String>>>,
    follower: Mutex<Option<JoinHandle<()>>>,
}

/// The part that several threads share.
struct Screen {
    printer: Printer,
    zone: TimeZone,
    flow_run: Mutex<String>,
}

impl Console {
    pub(super) fn new(printer: Printer, collects_data: bool) -> Self {
        Self {
            screen: Arc::new(Screen {
                printer,
                zone: TimeZone::system(),
                flow_run: Mutex::default(),
            }),
            data: collects_data.then(Mutex::default),
            follower: Mutex::default(),
        }
    }

    /// Waits until everything in the journal is shown. Returns the printer and the collected data.
    pub(super) fn finish(&self) -> (&Printer, Vec<String>) {
        if let Some(follower) = lock(&self.follower).take() {
            let _ = follower.join();
        }
        let printer = &self.screen.printer;
        printer.end_progress();
        let data = self
            .data
            .as_ref()
            .map(|data| std::mem::take(&mut *lock(data)));
        (printer, data.unwrap_or_default())
    }
}

impl Observer for Console {
    fn on_journal(&self, journal: JournalReader) {
        let screen = Arc::clone(&self.screen);
        // The journal of the previous attempt has ended.
        if let Some(earlier) = lock(&self.follower).take() {
            let _ = earlier.join();
        }
        let thread = std::thread::Builder::new()
            .name("console".to_owned())
            .spawn(move || screen.follow(journal));
        match thread {
            Ok(thread) => *lock(&self.follower) = Some(thread),
            Err(error) => tracing::error!(%error, "cannot show the run: no thread"),
        }
    }

    fn on_data(&self, line: &str) {
        match &self.data {
            Some(data) => lock(data).push(line.to_owned()),
            None => self.screen.printer.data(line),
        }
    }

    fn on_notice(&self, notice: &Notice) {
        if let Notice::Connected { name, .. } = notice {
            lock(&self.screen.flow_run).clone_from(name);
        }
        if let Some((level, text)) = notice::describe(notice) {
            self.screen.show_now(level, &text);
        }
    }

    fn on_warning(&self, warning: &str) {
        self.screen.show_now(Level::Warning, warning);
    }
}

impl Screen {
    fn follow(&self, mut journal: JournalReader) {
        let mut progress = Progress::default();
        // The closing line of a skipped node is an error in Prefect's form; it is not one to show with --quiet.
        let mut skipped = None;
        while let Some(entry) = journal.blocking_next() {
            match entry {
                Entry::Header(header) => {
                    let mut name = lock(&self.flow_run);
                    if name.is_empty() {
                        *name = name_of(&header.flow);
                    }
                }
                Entry::Effect(effect) => {
                    if progress.count(&effect) {
                        self.printer.progress(progress.to_string());
                    }
                    if let Effect::NodeFinished(task, end) = &*effect {
                        skipped = (end.state.name == "Skipped").then_some(task.id);
                    }
                    if let Effect::Log(log) = *effect {
                        let of = log.task.as_ref().map(|task| task.id);
                        if self.printer.quiet && of.is_some() && of == skipped.take() {
                            continue;
                        }
                        let task = log.task.map(|task| format!("Task run '{}'", task.name));
                        self.show(log.at, log.level, task, &log.message);
                    }
                }
            }
        }
    }

    /// Shows a line about the flow run, with the current time.
    fn show_now(&self, level: Level, text: &str) {
        self.show(Timestamp::now(), level, None, text);
    }

    fn show(&self, at: Timestamp, level: Level, task: Option<String>, text: &str) {
        if self.printer.quiet && level < Level::Warning {
            return;
        }
        let who = task.unwrap_or_else(|| flow_run_title(&lock(&self.flow_run)));
        let coloured = self.printer.coloured;
        self.printer
            .line(&line::render((at, &self.zone), level, &who, text, coloured));
    }
}

/// The numbers of the progress line.
#[derive(Debug, Default)]
struct Progress {
    total: Option<u32>,
    running: u32,
    done: u32,
    failed: u32,
}

impl Progress {
    /// Counts an effect. Returns whether a number changed.
    fn count(&mut self, effect: &Effect) -> bool {
        match effect {
            Effect::Total(total) => self.total = Some(*total),
            Effect::NodeRunning(_) => self.running += 1,
            Effect::NodeFinished(_, end) => {
                self.running = self.running.saturating_sub(1);
                self.done += 1;
                self.failed += u32::from(end.state.kind == StateKind::Failed);
            }
            _ => return false,
        }
        true
    }
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.done)?;
        if let Some(total) = self.total {
            write!(f, " of {total}")?;
        }
        write!(f, " done, {} running, {} failed", self.running, self.failed)
    }
}

/// The source of a line about the flow run. The name is not known before the flow run exists.
fn flow_run_title(name: &str) -> String {
    match name {
        "" => "prefect-dbt".to_owned(),
        name => format!("Flow run '{name}'"),
    }
}

fn name_of(flow: &FlowRunRef) -> String {
    match flow {
        FlowRunRef::Existing(run) => run.id.to_string(),
        FlowRunRef::ToCreate(new) | FlowRunRef::NotReported(new) => new.flow_run_name.clone(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
