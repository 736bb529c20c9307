//! What an attempt keeps open from its start until it is settled: journal, report, supervision, recovery of earlier runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::JoinHandle;
use uuid::Uuid;

use super::run::Attempt;
use crate::model::{Delivery, FlowRunRef, Notice};
use crate::observe::Observer;
use crate::prefect::control::Supervision;
use crate::prefect::delivery::Reporter;
use crate::replay::{KilledRuns, recover_killed_runs};
use crate::store::{AttemptRecords, JournalFolder, JournalReader, JournalWriter};

/// Everything around dbt's process that outlives it.
pub(super) struct Session {
    pub(super) run_id: Uuid,
    pub(super) flow_run: FlowRunRef,
    pub(super) supervision: Supervision,
    pub(super) records: Option<AttemptRecords>,
    folder: Option<JournalFolder>,
    journal: Option<PathBuf>,
    report: Option<JoinHandle<Delivery>>,
    recovery: Option<KilledRuns>,
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
        let existing = flow_run.existing();
        let supervision = Supervision::begin(
            existing.and_then(|run| request.flow.supervisor_of(run.id)),
            existing,
            reporter.as_ref().map(Reporter::client),
            reporter.as_ref().and_then(Reporter::final_state),
            stopper,
        );
        observer.on_journal(journal.reader());
        let recovery = match (&folder, &request.client) {
            // Killed runs are delivered to the same server, in the time that this run leaves.
            (Some(folder), Some(client)) if reporter.is_some() => {
                let limits = (request.delivery.rate, request.delivery.budget);
                Some(recover_killed_runs(folder, client, limits, observer))
            }
            _ => None,
        };
        let report = reporter
            .map(|reporter| start_report(reporter, journal.reader(), observer, &supervision));
        Self {
            run_id,
            flow_run,
            supervision,
            records: folder
                .as_ref()
                .map(|folder| AttemptRecords::beside(folder.dir())),
            folder,
            journal: journal.path().map(Path::to_path_buf),
            report,
            recovery,
        }
    }

    /// The flow run whose engine this run is, if the flow run existed before.
    pub(super) fn owned_flow_run(&self) -> Option<Uuid> {
        self.flow_run.owned_id()
    }

    /// Drops the attempt record of this run.
    pub(super) fn forget_record(&self) {
        if let Some(records) = &self.records {
            records.remove(self.run_id);
        }
    }

    /// Waits until the report is delivered and the supervisor knows the end of the flow run.
    pub(super) async fn delivered(&mut self) -> Option<Delivery> {
        let delivery = self.report.take()?.await.ok()?;
        self.supervision.report(&delivery.final_state).await;
        Some(delivery)
    }

    /// Gives the recovery of killed runs the time that the server may take to verify.
    pub(super) async fn finish_recovery(&mut self, attempt: Attempt<'_>) {
        if let Some(recovery) = self.recovery.take() {
            recovery
                .finish(attempt.request.delivery.verify_timeout)
                .await;
        }
    }

    /// Deletes the journal if the server has all of it, else keeps it; gives the path of one that is kept.
    pub(super) fn close_journal(&mut self, is_delivered: bool) -> Option<PathBuf> {
        let journal = self.journal.take();
        let Some(folder) = &self.folder else {
            return journal;
        };
        let kept = match journal {
            Some(path) if is_delivered => {
                folder.discard(&path);
                None
            }
            journal => journal,
        };
        folder.trim();
        kept
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
