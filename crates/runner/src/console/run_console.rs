//! A run on a console: its log lines and its progress on stderr.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::oneshot;

use super::followers::Followers;
use super::line::render_line;
use super::notice::describe_notice;
use super::printer::Printer;
use crate::model::{Effect, FlowRunRef, Level, Notice, StateKind};
use crate::observe::Observer;
use crate::store::{Entry, JournalReader};

/// Shows a run on stderr, and prints dbt's data to stdout.
#[derive(Debug)]
pub(crate) struct RunConsole {
    screen: Arc<Screen>,
    followers: Followers,
}

/// The part that several threads share.
#[derive(Debug)]
struct Screen {
    printer: Printer,
    /// Whether dbt's data goes to stdout.
    prints_data: bool,
    zone: TimeZone,
    flow_run: Mutex<String>,
}

impl RunConsole {
    /// A console for one run, with its retries. `prints_data` is whether dbt's data goes to stdout.
    pub(crate) fn new(printer: Printer, prints_data: bool) -> Self {
        Self {
            screen: Arc::new(Screen {
                printer,
                prints_data,
                zone: TimeZone::system(),
                flow_run: Mutex::default(),
            }),
            followers: Followers::default(),
        }
    }

    /// The printer.
    pub(crate) fn printer(&self) -> &Printer {
        &self.screen.printer
    }

    /// Shows the rest of the journals that have ended, then what `last` prints. The receiver resolves when all of it is printed.
    pub(crate) fn finish(
        &self,
        last: impl FnOnce(&Printer) + Send + 'static,
    ) -> oneshot::Receiver<()> {
        let printer = self.printer().clone();
        self.followers.after_ended(move || {
            printer.end_progress();
            last(&printer);
            printer.wait_until_printed();
        })
    }
}

impl Observer for RunConsole {
    fn wants_events(&self) -> bool {
        false
    }

    fn on_journal(&self, journal: JournalReader) {
        let screen = Arc::clone(&self.screen);
        self.followers
            .follow(journal, move |journal| screen.follow(journal));
    }

    fn on_data(&self, line: &str) {
        if self.screen.prints_data {
            self.screen.printer.data(line);
        }
    }

    fn on_notice(&self, notice: &Notice) {
        if let Notice::Connected { name, .. } = notice {
            lock(&self.screen.flow_run).clone_from(name);
        }
        if let Some((level, text)) = describe_notice(notice) {
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
        self.printer.progress(String::new());
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
                    if let Effect::Log(log) = *effect
                        && !(log.is_data && self.prints_data)
                    {
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
        Some(render_line((at, &self.zone), level, &who, text, coloured))
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
