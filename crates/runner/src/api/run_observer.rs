//! Passes what happens in a run to the program's functions.

use std::fmt;
use std::sync::Arc;

use dbt_events::Event;
use dbt_manifest::Manifest;

use crate::model::Notice;
use crate::observe::Observer;
use crate::store::JournalReader;

/// A function that gets every event of dbt.
pub(super) type OnEvent = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// Passes events to the functions of the program, warnings to `tracing`, and everything to the observer of the program.
#[derive(Clone, Default)]
pub(super) struct RunObserver {
    pub(super) on_event: Vec<OnEvent>,
    pub(super) observer: Option<Arc<dyn Observer>>,
}

impl fmt::Debug for RunObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunObserver")
            .field("on_event", &self.on_event.len())
            .field("has_observer", &self.observer.is_some())
            .finish()
    }
}

impl Observer for RunObserver {
    fn on_journal(&self, journal: JournalReader) {
        if let Some(observer) = &self.observer {
            observer.on_journal(journal);
        }
    }

    fn on_manifest(&self, manifest: &Arc<Manifest>) {
        if let Some(observer) = &self.observer {
            observer.on_manifest(manifest);
        }
    }

    fn wants_events(&self) -> bool {
        let observer = self.observer.as_ref();
        !self.on_event.is_empty() || observer.is_some_and(|observer| observer.wants_events())
    }

    fn on_event(&self, event: &Event<'_>) {
        self.on_event.iter().for_each(|on_event| on_event(event));
        if let Some(observer) = &self.observer {
            observer.on_event(event);
        }
    }

    fn on_data(&self, line: &str) {
        if let Some(observer) = &self.observer {
            observer.on_data(line);
        }
    }

    fn on_notice(&self, notice: &Notice) {
        if let Some(observer) = &self.observer {
            observer.on_notice(notice);
        }
    }

    fn on_warning(&self, warning: &str) {
        tracing::warn!("{warning}");
        if let Some(observer) = &self.observer {
            observer.on_warning(warning);
        }
    }
}
