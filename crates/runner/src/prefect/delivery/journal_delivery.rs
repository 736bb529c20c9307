//! The delivery of one journal to the server, from its first entry to the end of the flow run.

use prefect_client::Client;
use tokio::time::timeout_at;

use super::already_stored::AlreadyStored;
use super::collector::Collector;
use super::confirmation::Confirmation;
use super::finish::Finish;
use super::ledger_artifact::LedgerArtifact;
use super::outage::{Outages, SendError};
use super::reporter::ReportOptions;
use super::sender::Sender;
use crate::model::{Delivery, Effect, Ownership, RunEnd};
use crate::prefect::flow_run::{Connection, FinalStateSetter, Heartbeats, Lease};
use crate::store::{Entry, Feed};

/// Delivers one journal.
pub(super) struct JournalDelivery<'a> {
    collector: Collector,
    sender: Sender<'a>,
    confirmation: Confirmation,
    finish: Finish,
    /// Only for a flow run that we own.
    ledger: Option<LedgerArtifact>,
    /// Both are kept until the delivery is over.
    _lease: Option<Lease>,
    _heartbeats: Option<Heartbeats>,
}

impl<'a> JournalDelivery<'a> {
    /// `already_stored` is what the server has of a run that is over; `None` for a run that goes on.
    pub(super) fn new(
        client: &'a Client,
        connection: Connection,
        outages: Outages<'a>,
        options: &ReportOptions,
        setter: FinalStateSetter,
        already_stored: Option<AlreadyStored>,
    ) -> Self {
        let Connection {
            context,
            ownership,
            lease,
        } = connection;
        let is_replay = already_stored.is_some();
        let is_engine = ownership == Ownership::Owned && !is_replay;
        let heartbeats = is_engine.then(|| Heartbeats::of(client, context.clone(), setter.clone()));
        let ledger = options.ledger.clone().filter(|_| is_engine);
        Self {
            collector: Collector::new(client, &context, already_stored.unwrap_or_default()),
            sender: Sender::new(client, context, outages, (options.rate, options.budget)),
            confirmation: Confirmation::new(options.verify_timeout, is_replay),
            finish: Finish {
                ownership,
                setter,
                is_replay,
            },
            ledger: ledger.map(LedgerArtifact::new),
            _lease: lease,
            _heartbeats: heartbeats,
        }
    }

    /// Sends everything, sets the terminal state, and asks whether all of it has arrived.
    pub(super) async fn run<F: Feed>(mut self, mut journal: F) -> Delivery {
        let mut end = None;
        let sent = self.send_all(&mut journal, &mut end).await;
        if sent.is_err() && end.is_none() {
            end = skip_to_end(&mut journal).await;
        }
        // Before the final state: another process may start the retry as soon as that is set.
        self.write_ledger().await;
        // Even if something else was not accepted, the server may accept the final state.
        let (final_state, set) = self
            .finish
            .set_final_state(&mut self.sender, &journal, end.as_ref())
            .await;
        let mut result = sent.and(set);
        if result.is_ok() {
            let summary = self.collector.take_summary();
            result = self
                .finish
                .publish_summary(&mut self.sender, &journal, summary)
                .await;
        }
        let seen = match result {
            Ok(()) => self.confirmation.verify(&mut self.sender, &journal).await,
            Err(error) => Err(error),
        };
        Finish::delivery(
            self.sender,
            &self.confirmation,
            self.collector.skipped_task_runs(),
            final_state,
            seen,
        )
    }

    /// Reads the journal and sends batches up to the end of the run. `end` stays `None` when the journal ends without it.
    async fn send_all<F: Feed>(
        &mut self,
        journal: &mut F,
        end: &mut Option<RunEnd>,
    ) -> Result<(), SendError> {
        loop {
            let budget = &mut self.sender.budget;
            let due = self.collector.due(budget);
            let ledger_due = self.ledger.as_ref().and_then(LedgerArtifact::due);
            let wake = due.into_iter().chain(ledger_due).min();
            let entry = match wake {
                Some(wake) => timeout_at(wake, journal.next()).await,
                None => Ok(journal.next().await),
            };
            let budget = &mut self.sender.budget;
            match entry {
                Ok(None) => break,
                Ok(Some(Entry::Effect(effect))) => {
                    if let Some(ledger) = &mut self.ledger {
                        ledger.take(&effect);
                    }
                    *end = self.collector.add(*effect, budget);
                    if end.is_some() {
                        break;
                    }
                }
                Ok(Some(Entry::Header(_))) | Err(_) => {}
            }
            if self.collector.is_due(budget) {
                self.send_batch(journal).await?;
            }
            if self.ledger.as_ref().is_some_and(LedgerArtifact::is_due) {
                self.write_ledger().await;
            }
        }
        self.send_batch(journal).await
    }

    /// Writes the ledger, if it has changed.
    async fn write_ledger(&mut self) {
        if let (Some(ledger), Some(id)) = (&mut self.ledger, self.sender.context.flow_run_id())
            && let Some(problem) = ledger.write(self.sender.client, id).await
        {
            self.sender.outages.report_left_out(problem);
        }
    }

    /// Sends the batch, one request after another.
    async fn send_batch<F: Feed>(&mut self, journal: &F) -> Result<(), SendError> {
        let sender = &mut self.sender;
        let mut load = self.collector.take(&sender.context, &sender.budget);
        sender.drop_starts(&mut load);
        self.confirmation
            .send(sender, journal, &load.events, load.sent)
            .await?;
        sender.send_logs(journal, &load.logs).await
    }
}

/// Reads on to the end of the run.
async fn skip_to_end<F: Feed>(journal: &mut F) -> Option<RunEnd> {
    while let Some(entry) = journal.next().await {
        if let Entry::Effect(effect) = entry
            && let Effect::RunFinished(end) = *effect
        {
            return Some(end);
        }
    }
    None
}
