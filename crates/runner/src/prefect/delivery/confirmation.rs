//! Confirming: the server is asked whether it has recorded every task run, and gets again what it has lost.

use std::collections::HashSet;
use std::time::Duration;

use prefect_client::Event;
use tokio::time::{Instant, sleep, timeout_at};

use super::budget::Expense;
use super::outage::SendError;
use super::recorded::{EVENT_PAGE, count_ended, find_events, find_missing, lost_events, overtaken};
use super::sender::Sender;
use super::sent_events::{EventIds, SentEvents};
use super::stall::{PollInterval, Stall};
use crate::store::Feed;

/// Most task runs in the server's queue while the run goes on. Far below the 10,000 events at which the queue begins to drop
/// events; a task run has two.
const WINDOW: usize = 2_000;
/// The same after the end of the run, when there is no time to wait for the server.
const WINDOW_AT_END: usize = 4_000;
/// If the server records nothing for this long, it has lost the task runs that later ones overtook.
const STALL: Duration = Duration::from_millis(1_000);
/// If the server records nothing for this long, it has lost all that are missing.
const TAIL_STALL: Duration = Duration::from_secs(15);

/// What the server has confirmed of one run.
pub(super) struct Confirmation {
    events: SentEvents,
    /// How often events were sent again.
    repairs: u32,
    timeout: Duration,
    /// Whether the run was over before its delivery began.
    is_replay: bool,
}

impl Confirmation {
    /// `timeout` is how long the server is asked after the end of the run.
    pub(super) fn new(timeout: Duration, is_replay: bool) -> Self {
        Self {
            events: SentEvents::default(),
            repairs: 0,
            timeout,
            is_replay,
        }
    }

    /// Task runs that have ended.
    pub(super) fn task_runs(&self) -> usize {
        self.events.total()
    }

    /// Task runs that have ended and are not confirmed.
    pub(super) fn unconfirmed(&self) -> usize {
        self.events.in_flight() + self.events.deferred()
    }

    /// Sends the events of a batch once the server's queue has room. After the end of the run, those that find no room are
    /// deferred.
    pub(super) async fn send<F: Feed>(
        &mut self,
        sender: &mut Sender<'_>,
        journal: &F,
        events: &[Event],
        ids: EventIds,
    ) -> Result<(), SendError> {
        if events.is_empty() {
            return Ok(());
        }
        self.wait_for_room(sender, journal).await?;
        let has_room = self.events.queue_length() <= WINDOW_AT_END;
        if has_room && sender.send_events(journal, events).await? {
            self.events.add(&ids);
        } else {
            self.events.defer(ids);
        }
        Ok(())
    }

    /// Waits while the server's queue is long and the run goes on. Meanwhile the journal is not read.
    async fn wait_for_room<F: Feed>(
        &mut self,
        sender: &mut Sender<'_>,
        journal: &F,
    ) -> Result<(), SendError> {
        let mut interval = PollInterval::new();
        let mut stall = Stall::new();
        while self.events.queue_length() > WINDOW && !sender.outages.has_ended(journal) {
            let seen = self.confirm(sender, journal).await?;
            let stalled = stall.of(self.events.in_flight() - seen);
            if self.is_replay && stalled > self.timeout.max(TAIL_STALL) {
                // A replay has no end of the run to wait for.
                return Ok(());
            }
            self.resend_lost(sender, journal, stalled).await?;
            let until = Instant::now() + interval.next();
            sender.outages.pause(journal, until).await;
        }
        Ok(())
    }

    /// Asks until the server has recorded everything or the time is over; gives how many of those in flight it has. In a
    /// replay the time starts anew whenever the server has recorded more.
    pub(super) async fn verify<F: Feed>(
        &mut self,
        sender: &mut Sender<'_>,
        journal: &F,
    ) -> Result<usize, SendError> {
        let begun = Instant::now();
        let mut interval = PollInterval::new();
        let mut stall = Stall::new();
        loop {
            let seen = self.confirm(sender, journal).await?;
            // What was sent before an outage needs the same time after it.
            let recovered = sender.outages.recovered();
            let deadline = recovered.map_or(begun, |at| at.max(begun)) + self.timeout;
            if self.unconfirmed() == 0 {
                self.verify_assets(sender, journal, deadline).await?;
                return Ok(seen);
            }
            let stalled = stall.of(self.events.in_flight() - seen);
            let is_over = match self.is_replay {
                true => stalled >= self.timeout,
                false => Instant::now() >= deadline,
            };
            if is_over {
                return Ok(seen);
            }
            let has_room = self.events.queue_length() <= WINDOW;
            if has_room && self.events.deferred() > 0 && sender.not_sent() == 0 {
                self.send_deferred(sender, journal).await?;
                continue;
            }
            self.resend_lost(sender, journal, stalled).await?;
            sleep(interval.next()).await;
        }
    }

    /// Asks for the oldest chunks in flight as long as they are complete; gives how many of an incomplete chunk were seen.
    async fn confirm<F: Feed>(
        &mut self,
        sender: &mut Sender<'_>,
        journal: &F,
    ) -> Result<usize, SendError> {
        loop {
            let chunk = self.events.next_chunk();
            if chunk.is_empty() {
                return Ok(0);
            }
            let client = sender.client;
            let ask = || count_ended(client, chunk);
            let seen = sender.outages.wait_out(journal, ask).await?;
            if seen < chunk.len() {
                return Ok(seen);
            }
            let all = chunk.len();
            self.events.confirm(all);
        }
    }

    /// Sends deferred events as far as there is room for them now.
    async fn send_deferred<F: Feed>(
        &mut self,
        sender: &mut Sender<'_>,
        journal: &F,
    ) -> Result<(), SendError> {
        let room = WINDOW_AT_END.saturating_sub(self.events.queue_length());
        let batch = self.events.take_deferred(room);
        if sender.resend(journal, batch.all(), 0).await? {
            self.events.add(&batch);
        } else {
            self.events.defer(batch);
        }
        Ok(())
    }

    /// Sends the ends of task runs again that the server has lost, if it has recorded nothing for long enough.
    async fn resend_lost<F: Feed>(
        &mut self,
        sender: &mut Sender<'_>,
        journal: &F,
        stalled: Duration,
    ) -> Result<(), SendError> {
        // Each repair doubles the time: a server that records nothing must not get ever more repetitions.
        if stalled < STALL * 2_u32.pow(self.repairs.min(16)) {
            return Ok(());
        }
        let client = sender.client;
        let chunk = self.events.next_chunk();
        let ask = || find_missing(client, chunk);
        let missing = sender.outages.wait_out(journal, ask).await?;
        let lost = match stalled < TAIL_STALL {
            true => overtaken(chunk, &missing),
            false => missing,
        };
        if lost.is_empty() {
            return Ok(());
        }
        tracing::info!(count = lost.len(), "sending lost task runs again");
        self.repairs += 1;
        let resent = sender.resend(journal, lost, self.repairs).await;
        resent.map(drop)
    }

    /// Sends the events of assets again that the server has lost, as far as there is time to ask. The server writes them some
    /// seconds after it has accepted them: those that are too young to be found count as stored, unless there was an outage
    /// or a loss.
    async fn verify_assets<F: Feed>(
        &mut self,
        sender: &mut Sender<'_>,
        journal: &F,
        deadline: Instant,
    ) -> Result<(), SendError> {
        let sent = self.events.assets();
        let mut found = HashSet::new();
        let mut asked = 0;
        for page in sent.chunks(EVENT_PAGE) {
            match timeout_at(deadline, find_events(sender.client, page)).await {
                Ok(Ok(stored)) => found.extend(stored),
                // Not worth an error: what the server accepted is most likely stored.
                _ => break,
            }
            asked += page.len();
        }
        let had_trouble = self.repairs > 0 || sender.outages.had_outage();
        let mut lost = lost_events(&sent[..asked], &found, had_trouble, Instant::now());
        if lost.is_empty() {
            return Ok(());
        }
        tracing::info!(count = lost.len(), "sending lost events of assets again");
        lost.retain(|_| sender.budget.spend(Expense::Asset));
        let resent = sender.resend(journal, lost, self.repairs).await;
        resent.map(drop)
    }
}
