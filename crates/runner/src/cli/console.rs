//! The console: the log lines and the progress of a run, on stderr.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

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

    /// The printer.
    pub(super) fn printer(&self) -> &Printer {
        &self.screen.printer
    }

    /// Takes the collected data.
    pub(super) fn take_data(&self) -> Vec<String> {
        let data = self.data.as_ref();
        let data = data.map(|data| std::mem::take(&mut *lock(data)));
        data.unwrap_or_default()
    }

    /// Shows the rest of the journal, then what `last` prints. The receiver resolves when all of it is printed.
    pub(super) fn finish(
        &self,
        last: impl FnOnce(&Printer) + Send + 'static,
    ) -> oneshot::Receiver<()> {
        let (done, when_done) = oneshot::channel();
        let follower = lock(&self.follower).take();
        let printer = self.printer().clone();
        spawn("console-end", move || {
            join(follower);
            printer.end_progress();
            last(&printer);
            printer.wait_until_printed();
            let _ = done.send(());
        });
        when_done
    }
}

impl Observer for Console {
    fn wants_events(&self) -> bool {
        false
    }

    fn on_journal(&self, journal: JournalReader) {
        let screen = Arc::clone(&self.screen);
        let mut follower = lock(&self.follower);
        // The journal of the previous attempt has ended, but need not be shown yet.
        let earlier = follower.take();
        *follower = spawn("console", move || {
            join(earlier);
            screen.follow(journal);
        });
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
                        if let Some(line) = self.line(log.at, log.level, task, &log.message) {
                            self.printer.line_in_turn(line);
                        }
                    }
                }
            }
        }
    }

    /// Shows a line about the flow run, with the current time.
    fn show_now(&self, level: Level, text: &str) {
        if let Some(line) = self.line(Timestamp::now(), level, None, text) {
            self.printer.line(line);
        }
    }

    /// The line to print; `None` if it is not to be shown.
    fn line(
        &self,
        at: Timestamp,
        level: Level,
        task: Option<String>,
        text: &str,
    ) -> Option<String> {
        if self.printer.quiet && level < Level::Warning {
            return None;
        }
        let who = task.unwrap_or_else(|| flow_run_title(&lock(&self.flow_run)));
        let coloured = self.printer.coloured;
        Some(line::render((at, &self.zone), level, &who, text, coloured))
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

/// Starts a thread that shows the run; `None` if there is no thread to be had.
fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work);
    thread
        .inspect_err(|error| tracing::error!(%error, "cannot show the run: no thread"))
        .ok()
}

fn join(thread: Option<JoinHandle<()>>) {
    if let Some(thread) = thread {
        // A panic was printed.
        let _ = thread.join();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
