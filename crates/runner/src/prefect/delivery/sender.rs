//! Sending: everything that goes to the server during a run, within the rate and the budget.

use std::collections::HashSet;

use prefect_client::{Client, Event, Log};
use tokio::time::Instant;
use uuid::Uuid;

use super::batch::Load;
use super::budget::{Budget, Expense};
use super::outage::{Outages, SendError};
use super::rate::Rate;
use super::requests::{send_events, send_logs};
use super::resend::Resend;
use crate::prefect::flow_run::RunContext;
use crate::store::Feed;

/// Sends events and logs of one run.
pub(super) struct Sender<'a> {
    pub(super) client: &'a Client,
    pub(super) context: RunContext,
    pub(super) outages: Outages<'a>,
    pub(super) budget: Budget,
    rate: Option<Rate>,
    /// Log lines and events that were not sent because of the rate.
    not_sent: usize,
}

impl<'a> Sender<'a> {
    /// `rate` is in units a minute, `budget` in units for the whole run.
    pub(super) fn new(
        client: &'a Client,
        context: RunContext,
        outages: Outages<'a>,
        (rate, budget): (Option<u32>, Option<u32>),
    ) -> Self {
        Self {
            client,
            context,
            outages,
            budget: Budget::new(budget),
            rate: rate.map(|rate| Rate::new(rate, Instant::now())),
            not_sent: 0,
        }
    }

    /// Log lines and events that were not sent because of the rate.
    pub(super) fn not_sent(&self) -> usize {
        self.not_sent
    }

    /// Removes the starts of nodes that the budget does not admit.
    pub(super) fn drop_starts(&mut self, load: &mut Load) {
        let omitted = (0..load.starts).filter(|_| !self.budget.spend(Expense::Start));
        load.events.drain(..omitted.count());
    }

    /// Sends events; false when the rate left no time for all of them.
    pub(super) async fn send_events<F: Feed>(
        &mut self,
        journal: &F,
        events: &[Event],
    ) -> Result<bool, SendError> {
        let mut is_complete = true;
        for events in events.chunks(self.most_at_once()) {
            if self.wait_for_units(journal, events.len()).await {
                send_events(self.client, &mut self.outages, journal, events).await?;
            } else {
                is_complete = false;
            }
        }
        Ok(is_complete)
    }

    /// Sends logs, as far as the rate leaves time for them.
    pub(super) async fn send_logs<F: Feed>(
        &mut self,
        journal: &F,
        logs: &[Log],
    ) -> Result<(), SendError> {
        for logs in logs.chunks(self.most_at_once()) {
            if self.wait_for_units(journal, logs.len()).await {
                send_logs(self.client, &mut self.outages, journal, logs).await?;
            }
        }
        Ok(())
    }

    /// Sends ends of task runs and events of assets once more, or for the first time if `repair` is 0; false when the rate
    /// left no time for all of them.
    pub(super) async fn resend<F: Feed>(
        &mut self,
        journal: &F,
        ids: HashSet<Uuid>,
        repair: u32,
    ) -> Result<bool, SendError> {
        let mut resend = Resend::new(journal, ids, repair);
        let mut is_complete = true;
        loop {
            let events = resend.next(&self.context).await;
            if events.is_empty() {
                return Ok(is_complete);
            }
            is_complete &= self.send_events(journal, &events).await?;
        }
    }

    fn most_at_once(&self) -> usize {
        self.rate.as_ref().map_or(usize::MAX, Rate::most)
    }

    /// Waits until the rate allows this number of units; false when that would take longer than the time after the end of
    /// the run.
    async fn wait_for_units<F: Feed>(&mut self, journal: &F, units: usize) -> bool {
        while let Some(rate) = &mut self.rate
            && let Err(wait) = rate.take(units, Instant::now())
        {
            let remaining = self.outages.remaining(journal);
            if remaining.is_some_and(|remaining| remaining < wait) {
                self.not_sent += units;
                return false;
            }
            self.outages.pause(journal, Instant::now() + wait).await;
        }
        true
    }
}
