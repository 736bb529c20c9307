//! Sending what was collected, at the rate that is allowed.

use std::collections::HashSet;

use prefect_client::Event;
use tokio::time::{Duration, Instant, sleep};
use uuid::Uuid;

use super::{Courier, WINDOW_AT_END};
use crate::prefect::delivery::budget::Expense;
use crate::prefect::delivery::confirmation::Withheld;
use crate::prefect::delivery::outage::Unsent;
use crate::prefect::delivery::send::{send_events, send_logs};
use crate::prefect::delivery::verify::Retelling;
use crate::store::Feed;

/// How long a wait for units may be before the run's end is looked for.
const GLANCE: Duration = Duration::from_millis(100);

impl Courier<'_> {
    /// Sends the batch, one request after another.
    pub(super) async fn deliver<F: Feed>(&mut self, journal: &F) -> Result<(), Unsent> {
        let mut load = self.batch.take(&self.context, Instant::now());
        let spared = (0..load.began).filter(|_| !self.budget.spend(Expense::Beginning));
        load.events.drain(..spared.count());
        if !load.events.is_empty() {
            self.wait_for_room(journal).await?;
            // The server would drop what it has no room for; the journal keeps it.
            let has_room = self.ledger.load() <= WINDOW_AT_END;
            if has_room && self.send_paced(journal, &load.events).await? {
                self.ledger.tell(&load.ended, &load.assets);
            } else {
                self.ledger.withhold(Withheld {
                    ended: load.ended,
                    assets: load.assets,
                });
            }
        }
        for logs in load.logs.chunks(self.most_at_once()) {
            if self.wait_for_units(journal, logs.len()).await {
                send_logs(self.client, &mut self.patience, journal, logs).await?;
            }
        }
        Ok(())
    }

    /// Tells what was withheld, as far as there is room for it by now.
    pub(super) async fn release<F: Feed>(&mut self, journal: &F) -> Result<(), Unsent> {
        let room = WINDOW_AT_END.saturating_sub(self.ledger.load());
        let batch = self.ledger.release(room);
        let ids = batch.ended.iter().chain(&batch.assets).copied().collect();
        if self.tell_again(journal, ids, 0).await? {
            self.ledger.tell(&batch.ended, &batch.assets);
        } else {
            self.ledger.withhold(batch);
        }
        Ok(())
    }

    /// Tells task runs and events of assets once more; false when the rate left no time for all of them.
    pub(super) async fn tell_again<F: Feed>(
        &mut self,
        journal: &F,
        lost: HashSet<Uuid>,
        repair: u32,
    ) -> Result<bool, Unsent> {
        let mut retelling = Retelling::new(journal, lost, repair);
        let mut in_time = true;
        loop {
            let events = retelling.next(&self.context).await;
            if events.is_empty() {
                return Ok(in_time);
            }
            in_time &= self.send_paced(journal, &events).await?;
        }
    }

    /// Sends events; false when the rate left no time for all of them.
    async fn send_paced<F: Feed>(&mut self, journal: &F, events: &[Event]) -> Result<bool, Unsent> {
        let mut in_time = true;
        for events in events.chunks(self.most_at_once()) {
            if self.wait_for_units(journal, events.len()).await {
                send_events(self.client, &mut self.patience, journal, events).await?;
            } else {
                in_time = false;
            }
        }
        Ok(in_time)
    }

    fn most_at_once(&self) -> usize {
        self.rate.as_ref().map_or(usize::MAX, |rate| rate.most())
    }

    /// Waits until so many units may be sent; false when that would take longer than the grace after the run's end.
    async fn wait_for_units<F: Feed>(&mut self, journal: &F, units: usize) -> bool {
        while let Some(rate) = &mut self.rate
            && let Err(wait) = rate.take(units, Instant::now())
        {
            let remaining = self.patience.remaining(journal);
            if remaining.is_some_and(|remaining| remaining < wait) {
                self.late += units;
                return false;
            }
            self.beat().await;
            sleep(wait.min(GLANCE)).await;
        }
        true
    }

    /// Tells that the run is alive, if it is time; no more, once the budget has no room for it.
    pub(super) async fn beat(&mut self) {
        let Some(heartbeat) = self.heartbeat.as_mut() else {
            return;
        };
        if heartbeat.due() > Instant::now() {
            return;
        }
        if self.budget.spend(Expense::Heartbeat) {
            heartbeat.beat(self.client, &self.context).await;
        } else {
            self.heartbeat = None;
        }
    }
}
