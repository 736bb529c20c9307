//! The observer of a run with hooks.

use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};

use dbt_events::Event;
use dbt_manifest::Manifest;

use super::hook_caller::HookTask;
use super::known_flow_run::KnownFlowRun;
use crate::model::{ExpectedRun, Notice};
use crate::observe::Observer;
use crate::store::{Feed, JournalReader};

/// Passes everything on to an observer, and the journal and the manifest to the hooks.
pub(super) struct HookObserver {
    pub(super) inner: Arc<dyn Observer>,
    pub(super) tasks: Sender<HookTask>,
    /// The manifest of the run, shared with the hook thread.
    pub(super) manifest: Arc<OnceLock<Arc<Manifest>>>,
    /// The flow run, shared with the hook thread.
    pub(super) flow_run: KnownFlowRun,
}

impl Observer for HookObserver {
    fn on_journal(&self, journal: JournalReader) {
        if let Some(own) = journal.rewound() {
            // The hook thread ends after the run, so that this does not fail.
            let _ = self.tasks.send(HookTask::FollowJournal(own));
        }
        self.inner.on_journal(journal);
    }

    fn on_manifest(&self, manifest: &Arc<Manifest>) {
        self.manifest.get_or_init(|| Arc::clone(manifest));
        self.inner.on_manifest(manifest);
    }

    fn wants_expected_run(&self) -> bool {
        self.inner.wants_expected_run()
    }

    fn on_expected_run(&self, expected: &Arc<ExpectedRun>) {
        self.inner.on_expected_run(expected);
    }

    fn wants_events(&self) -> bool {
        self.inner.wants_events()
    }

    fn on_event(&self, event: &Event<'_>) {
        self.inner.on_event(event);
    }

    fn on_data(&self, line: &str) {
        self.inner.on_data(line);
    }

    fn on_notice(&self, notice: &Notice) {
        self.flow_run.notice(notice);
        self.inner.on_notice(notice);
    }

    fn on_warning(&self, warning: &str) {
        self.inner.on_warning(warning);
    }
}
