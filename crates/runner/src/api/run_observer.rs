//! Shows the runs of a program, and passes what happens in them to its functions.

use std::fmt;
use std::sync::Arc;

use dbt_events::Event;
use dbt_manifest::Manifest;
use tokio::time::Instant;

use crate::console::{Console, RunConsole, RunLog, wait_until_shown};
use crate::model::{ExpectedRun, Notice, Stopper};
use crate::observe::Observer;
use crate::outcome::{Outcome, run_summary};
use crate::store::JournalReader;

/// A function that gets every event of dbt.
pub(super) type OnEvent = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// What a program set to watch its runs.
#[derive(Clone, Default)]
pub(super) struct Watchers {
    pub(super) console: Option<Console>,
    pub(super) on_event: Vec<OnEvent>,
    pub(super) observer: Option<Arc<dyn Observer>>,
}

/// Watches one run with its retries, or one flow with its invocations.
pub(super) struct RunObserver {
    view: View,
    watchers: Watchers,
}

/// How the run is shown.
enum View {
    Console(RunConsole),
    Log(RunLog),
}

impl Watchers {
    /// The observer of a run that the current code starts.
    pub(super) fn observer(&self) -> Arc<RunObserver> {
        let console = self.console.as_ref();
        let console = console.map(|console| RunConsole::new(console.printer().clone(), true));
        Arc::new(RunObserver {
            view: console.map_or_else(|| View::Log(RunLog::here()), View::Console),
            watchers: self.clone(),
        })
    }
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchers")
            .field("has_console", &self.console.is_some())
            .field("on_event", &self.on_event.len())
            .field("has_observer", &self.observer.is_some())
            .finish()
    }
}

impl RunObserver {
    /// Shows the rest of an invocation that has ended, and waits for it as long as something is being shown. A console shows
    /// the summary, too.
    pub(super) async fn show_end(&self, outcome: Option<&Outcome>) {
        let (now, never) = (Some(Instant::now()), Stopper::new());
        match &self.view {
            View::Log(log) => {
                wait_until_shown(log.finish(), || log.count(), &never, now).await;
            }
            View::Console(console) => {
                let summary = outcome.and_then(run_summary);
                let shown = console.finish(move |printer| {
                    if let Some(summary) = summary {
                        printer.text(&summary);
                    }
                });
                wait_until_shown(shown, || console.printer().printed(), &never, now).await;
            }
        }
    }

    /// What shows the run, and the observer of the program.
    fn all(&self) -> impl Iterator<Item = &dyn Observer> {
        let view: &dyn Observer = match &self.view {
            View::Console(console) => console,
            View::Log(log) => log,
        };
        std::iter::once(view).chain(self.watchers.observer.as_deref())
    }
}

impl Observer for RunObserver {
    fn on_journal(&self, journal: JournalReader) {
        self.all()
            .for_each(|observer| observer.on_journal(journal.again()));
    }

    fn wants_manifest(&self) -> bool {
        self.all().any(Observer::wants_manifest)
    }

    fn on_manifest(&self, manifest: &Arc<Manifest>) {
        self.all()
            .for_each(|observer| observer.on_manifest(manifest));
    }

    fn wants_expected_run(&self) -> bool {
        self.all().any(Observer::wants_expected_run)
    }

    fn on_expected_run(&self, expected: &Arc<ExpectedRun>) {
        self.all()
            .for_each(|observer| observer.on_expected_run(expected));
    }

    fn wants_events(&self) -> bool {
        !self.watchers.on_event.is_empty() || self.all().any(Observer::wants_events)
    }

    fn on_event(&self, event: &Event<'_>) {
        let functions = self.watchers.on_event.iter();
        functions.for_each(|on_event| on_event(event));
        self.all().for_each(|observer| observer.on_event(event));
    }

    fn on_data(&self, line: &str) {
        self.all().for_each(|observer| observer.on_data(line));
    }

    fn on_notice(&self, notice: &Notice) {
        self.all().for_each(|observer| observer.on_notice(notice));
    }

    fn on_warning(&self, warning: &str) {
        self.all().for_each(|observer| observer.on_warning(warning));
    }
}
