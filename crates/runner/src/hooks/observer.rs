//! Telling the hooks of a run what the engine tells its observer.

use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};

use dbt_events::Event;
use dbt_manifest::Manifest;

use super::dispatcher::Order;
use crate::model::Notice;
use crate::observe::Observer;
use crate::store::{Feed, JournalReader};

/// Passes everything on to an observer, and to the hooks what they need.
pub(super) struct HookObserver {
    pub(super) inner: Arc<dyn Observer>,
    pub(super) orders: Sender<Order>,
    /// Where the hooks find the manifest of the run.
    pub(super) manifest: Arc<OnceLock<Arc<Manifest>>>,
}

impl Observer for HookObserver {
    fn on_journal(&self, journal: JournalReader) {
        if let Some(own) = journal.rewound() {
            // The thread of the hooks ends after the run alone.
            let _ = self.orders.send(Order::Follow(own));
        }
        self.inner.on_journal(journal);
    }

    fn on_manifest(&self, manifest: &Arc<Manifest>) {
        self.manifest.get_or_init(|| Arc::clone(manifest));
        self.inner.on_manifest(manifest);
    }

    fn on_event(&self, event: &Event<'_>) {
        self.inner.on_event(event);
    }

    fn on_data(&self, line: &str) {
        self.inner.on_data(line);
    }

    fn on_notice(&self, notice: &Notice) {
        self.inner.on_notice(notice);
    }

    fn on_warning(&self, warning: &str) {
        self.inner.on_warning(warning);
    }
}
