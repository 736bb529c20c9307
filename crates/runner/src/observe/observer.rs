//! Watching a run while it goes on.

use std::sync::Arc;

use dbt_events::Event;
use dbt_manifest::Manifest;

use crate::model::Notice;
use crate::store::JournalReader;

/// Gets to see a run while it goes on. Calls come from the engine's threads, and must return quickly: the engine waits
/// for them, except for what is done with the journal.
pub trait Observer: Send + Sync {
    /// The run has begun; its journal can be read, at any pace.
    fn on_journal(&self, _journal: JournalReader) {}

    /// The manifest of the run was read, before any node is told of. Not called when there is none.
    fn on_manifest(&self, _manifest: &Arc<Manifest>) {}

    /// dbt said something; the event is as dbt wrote it, secrets masked by dbt alone.
    fn on_event(&self, _event: &Event<'_>) {}

    /// dbt gave out a line of data: a result line of `ls`, `show`, `compile` or `--version`.
    fn on_data(&self, _line: &str) {}

    /// There is something to say about the report to Prefect.
    fn on_notice(&self, _notice: &Notice) {}

    /// Something is not as it should be, and the run goes on.
    fn on_warning(&self, _warning: &str) {}
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}
