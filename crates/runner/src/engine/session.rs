//! What an attempt keeps open from its start until it is settled: journal, report, supervision, work for earlier runs.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::JoinHandle;
use uuid::Uuid;

use super::earlier_runs::EarlierRuns;
use super::run::Attempt;
use crate::model::{Delivery, FlowRunRef, Notice};
use crate::observe::Observer;
use crate::prefect::control::Supervision;
use crate::prefect::delivery::Reporter;
use crate::store::{
    AttemptRecords, JournalFolder, JournalHold, JournalReader, JournalWriter, keep,
};

/// Everything around dbt's process that outlives it.
pub(super) struct Session {
    pub(super) run_id: Uuid,
    pub(super) flow_run: FlowRunRef,
    pub(super) supervision: Supervision,
    pub(super) records: Option<AttemptRecords>,
    pub(super) journal_hold: JournalHold,
    folder: Option<JournalFolder>,
    journal: JournalReader,
    report: Option<JoinHandle<Delivery>>,
    earlier: Option<EarlierRuns>,
}

impl Session {
    /// Opens the session of a run that reports to `flow_run`, with its journal begun.
    pub(super) fn open(
        attempt: Attempt<'_>,
        (run_id, flow_run): (Uuid, FlowRunRef),
        reporter: Option<Reporter>,
        folder: Option<JournalFolder>,
        journal: &JournalWriter,
    ) -> Self {
        let Attempt {
            request,
            observer,
            stopper,
            ..
        } = attempt;
        // A flow of several invocations listens for all of them.
        let existing = flow_run.existing().filter(|_| request.shared.is_none());
        let supervision = Supervision::begin(
            existing.and_then(|run| request.flow.supervisor_of(run.id)),
            existing,
            reporter.as_ref().map(Reporter::client),
            reporter.as_ref().and_then(Reporter::final_state),
            stopper,
        );
        observer.on_journal(journal.reader());
        request.attempt.previous_journal.release();
        // On the same server, in the time that this run leaves.
        let client = request.client.as_ref().filter(|_| reporter.is_some());
        let earlier = client.map(|client| {
            let from = (folder.as_ref(), client);
            EarlierRuns::begin(attempt, from, &flow_run, &supervision)
        });
        let report = reporter
            .map(|reporter| start_report(reporter, journal.reader(), observer, &supervision));
        Self {
            run_id,
            flow_run,
            supervision,
            journal_hold: JournalHold::default(),
            records: folder
                .as_ref()
                .map(|folder| AttemptRecords::beside(folder.dir())),
            folder,
            journal: journal.reader(),
            report,
            earlier,
        }
    }

    /// The flow run whose engine this run is, if the flow run existed before.
    pub(super) fn owned_flow_run(&self) -> Option<Uuid> {
        self.flow_run.owned_id()
    }

    /// Waits until the report is delivered and the supervisor knows the end of the flow run.
    pub(super) async fn delivered(&mut self) -> Option<Delivery> {
        let delivery = self.report.take()?.await.ok()?;
        self.supervision.report(&delivery.final_state).await;
        Some(delivery)
    }

    /// Gives the work for earlier runs the time that the server may take to verify. A server that does not get this run does
    /// not get earlier ones, either.
    pub(super) async fn finish_earlier(&mut self, attempt: Attempt<'_>, is_delivered: bool) {
        if let Some(earlier) = self.earlier.take().filter(|_| is_delivered) {
            let limit = attempt.request.delivery.verify_timeout;
            earlier.finish(limit).await;
        }
    }

    /// Deletes the journal if the server has all of it, else keeps it: elsewhere, if it cannot be written in its place. Gives the
    /// path of a journal that is kept whole.
    pub(super) fn close_journal(
        &mut self,
        is_delivered: bool,
        observer: &dyn Observer,
    ) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        if is_delivered {
            self.journal.delete();
            trim(folder, observer);
            return None;
        }
        // A run that is not reported is not worth a copy.
        let others = match self.flow_run.is_reported() {
            true => vec![std::env::temp_dir()],
            false => Vec::new(),
        };
        let kept = keep(&self.journal, self.run_id, folder, &others);
        if let Some(warning) = kept.warning() {
            observer.on_warning(&warning);
        }
        self.journal_hold = JournalHold::of(self.journal.again());
        trim(folder, observer);
        kept.path()
    }
}

/// Deletes old journals, and warns of those that Prefect lacks.
fn trim(folder: &JournalFolder, observer: &dyn Observer) {
    for path in folder.trim() {
        observer.on_warning(&format!(
            "deleting {}, which Prefect does not have completely: more than ten journals are stored",
            path.display()
        ));
    }
}

/// Delivers the journal in the background.
fn start_report(
    reporter: Reporter,
    journal: JournalReader,
    observer: &Arc<dyn Observer>,
    supervision: &Supervision,
) -> JoinHandle<Delivery> {
    let observer = Arc::clone(observer);
    let known = supervision.flow_run_sender();
    tokio::spawn(async move {
        let on_notice = |notice| {
            if let Notice::Connected { flow_run_id, .. } = &notice {
                known.send_replace(Some(*flow_run_id));
            }
            observer.on_notice(&notice);
        };
        reporter.run(journal, on_notice).await
    })
}
