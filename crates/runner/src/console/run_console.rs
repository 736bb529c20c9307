//! A run on a console: its log lines and its progress on stderr.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::followers::Followers;
use super::line::render_line;
use super::notice::describe_notice;
use super::printer::Printer;
use super::progress::Progress;
use crate::model::{Effect, ExpectedRun, FlowRunRef, Level, Notice};
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
    /// What is expected of the newest run.
    expected: Mutex<Option<Arc<ExpectedRun>>>,
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
                expected: Mutex::default(),
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
    fn wants_manifest(&self) -> bool {
        false
    }

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

    fn wants_expected_run(&self) -> bool {
        self.screen.printer.shows_progress
    }

    fn on_expected_run(&self, expected: &Arc<ExpectedRun>) {
        *lock(&self.screen.expected) = Some(Arc::clone(expected));
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
        let mut run_id = Uuid::nil();
        // The closing line of a skipped node is an error in Prefect's form; it is not one to show with --quiet.
        let mut skipped = None;
        while let Some(entry) = journal.blocking_next() {
            match entry {
                Entry::Header(header) => {
                    run_id = header.run_id;
                    progress.begin(header.created);
                    self.printer.progress(progress.shown());
                    let mut name = lock(&self.flow_run);
                    if name.is_empty() {
                        *name = name_of(&header.flow);
                    }
                }
                Entry::Effect(effect) => {
                    if progress.count(&effect) {
                        if let Some(expected) = self.expected(run_id) {
                            progress.expect(&expected);
                        }
                        self.printer.progress(progress.shown());
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

    /// What is expected of a run, if it is known yet.
    fn expected(&self, run_id: Uuid) -> Option<Arc<ExpectedRun>> {
        let expected = lock(&self.expected).clone();
        expected.filter(|expected| expected.run_id == run_id)
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
