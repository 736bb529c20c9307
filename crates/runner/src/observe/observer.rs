//! The trait of those who watch a run.

use std::sync::Arc;

use dbt_events::Event;
use dbt_manifest::Manifest;

use crate::model::{ExpectedRun, Notice};
use crate::store::JournalReader;

/// Watches a run. The engine calls the methods from its own threads and waits for them, so they must return quickly; the
/// journal can be read at any pace on another thread.
pub trait Observer: Send + Sync {
    /// The run starts; its journal can be read.
    fn on_journal(&self, _journal: JournalReader) {}

    /// Whether [`on_manifest`](Self::on_manifest) needs all fields of the nodes. If not, the run keeps the text of few of them: that
    /// of a large manifest is most of the memory that a run needs.
    fn wants_manifest(&self) -> bool {
        true
    }

    /// The manifest of the run was read, before the first event of a node. Not called for a run without manifest.
    fn on_manifest(&self, _manifest: &Arc<Manifest>) {}

    /// Whether [`on_expected_run`](Self::on_expected_run) is to be called.
    fn wants_expected_run(&self) -> bool {
        false
    }

    /// How long the run is expected to take. Called at most once for each run, on a thread of its own, if the history has runs
    /// with the same command line.
    fn on_expected_run(&self, _expected: &Arc<ExpectedRun>) {}

    /// Whether every event must arrive here as dbt writes it. If not, dbt can leave out what only a debug log shows.
    fn wants_events(&self) -> bool {
        true
    }

    /// An event as dbt wrote it. Only dbt has masked secrets in it.
    fn on_event(&self, _event: &Event<'_>) {}

    /// A line of dbt's output: a result of `ls`, `show`, `compile` or `--version`.
    fn on_data(&self, _line: &str) {}

    /// A notice about the report to Prefect.
    fn on_notice(&self, _notice: &Notice) {}

    /// A warning about a problem; the run goes on.
    fn on_warning(&self, _warning: &str) {}
}

/// Ignores everything.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::exhaustive_structs, reason = "it has nothing to add")]
pub struct Unobserved;

impl Observer for Unobserved {
    fn wants_manifest(&self) -> bool {
        false
    }

    fn wants_events(&self) -> bool {
        false
    }
}
