//! Carrying a journal to the server, from its first entry to the flow run's end.

mod deliver;

use std::collections::HashSet;
use std::time::Duration;

use prefect_client::Client;
use tokio::time::{Instant, timeout_at};

use super::already_stored::Held;
use super::batch::Batch;
use super::budget::{Budget, Expense};
use super::confirmation::Ledger;
use super::outage::{Patience, Unsent};
use super::rate::Rate;
use super::summary_artifact::publish;
use super::verify::{
    EVENT_PAGE, Pace, Progress, count_ended, find_events, find_missing, overtaken, unheard,
};
use crate::model::{Delivery, Effect, FinalState, Notice, RunEnd, RunSummary};
use crate::prefect::flow_run::{Connection, Ending, Heartbeat, Lease, RunContext, finish};
use crate::prefect::translate::LogTranslator;
use crate::store::{Entry, Feed};

/// Most task runs that are told and not yet seen while the run goes on: far below the 10 000 events at which the
/// server's queue begins to drop, two events each.
const WINDOW: usize = 2_000;
/// The same when the run has ended, and nobody waits for the server to catch up.
const WINDOW_AT_END: usize = 4_000;
/// A server that records nothing for so long has lost what was overtaken.
const STALL: Duration = Duration::from_millis(1_000);
/// A server that records nothing for so long has lost everything that is missing.
const TAIL_STALL: Duration = Duration::from_secs(15);

/// Carries one journal.
pub(super) struct Courier<'a> {
    client: &'a Client,
    context: RunContext,
    own_states: bool,
    ending: Ending,
    patience: Patience<'a>,
    verify_timeout: Duration,
    batch: Batch,
    logs: Option<LogTranslator>,
    heartbeat: Option<Heartbeat>,
    /// Kept as long as the run is carried.
    _lease: Option<Lease>,
    ledger: Ledger,
    summary: Option<RunSummary>,
    repairs: u32,
    budget: Budget,
    rate: Option<Rate>,
    /// Log lines and events for which the rate left no time.
    late: usize,
    /// What the server held before; `None` while the run goes on.
    held: Option<Held>,
    /// Task runs that ended there already.
    passed_over: usize,
}

impl<'a> Courier<'a> {
    pub(super) fn new(
        client: &'a Client,
        connection: Connection,
        patience: Patience<'a>,
        verify_timeout: Duration,
    ) -> Self {
        let settings = client.settings();
        let Connection {
            context,
            own_states,
            lease,
        } = connection;
        Self {
            client,
            patience,
            verify_timeout,
            batch: Batch::default(),
            logs: settings
                .logging_to_api
                .enabled
                .then(|| LogTranslator::new(context.flow_run_id(), settings.max_log_size())),
            heartbeat: own_states.then(|| Heartbeat::new(settings.heartbeat_frequency)),
            _lease: lease,
            ledger: Ledger::default(),
            summary: None,
            repairs: 0,
            budget: Budget::default(),
            rate: None,
            late: 0,
            held: None,
            passed_over: 0,
            own_states,
            ending: Ending::default(),
            context,
        }
    }

    /// The same for a run that is over: what the server holds is passed over, and nobody has to be told that it lives.
    pub(super) fn catching_up(mut self, held: Held) -> Self {
        self.held = Some(held);
        self.heartbeat = None;
        self
    }

    /// The same, where others can end the flow run, too.
    pub(super) fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// The same, with so many units a minute and so many in all.
    pub(super) fn within(mut self, rate: Option<u32>, budget: Option<u32>) -> Self {
        self.rate = rate.map(|rate| Rate::new(rate, Instant::now()));
        self.budget = Budget::new(budget);
        self
    }

    /// Carries everything, sets the terminal state, and looks whether all has arrived.
    pub(super) async fn follow<F: Feed>(mut self, mut journal: F) -> Delivery {
        let mut end = None;
        let carried = self.carry(&mut journal, &mut end).await;
        if carried.is_err() && end.is_none() {
            end = Self::skip_to_end(&mut journal).await;
        }
        // The server may take the end, whatever it was that it did not take.
        let (final_state, told) = self.end(&journal, end.as_ref()).await;
        let carried = carried.and(told);
        let carried = match carried {
            Ok(()) => self.publish(&journal).await,
            failed => failed,
        };
        let seen = match &carried {
            Ok(()) => self.verify(&journal).await,
            Err(_) => Ok(0),
        };
        let unconfirmed = self.ledger.in_flight() + self.ledger.withheld()
            - seen.as_ref().copied().unwrap_or_default();
        let problem = match (carried.and(seen), &final_state, unconfirmed) {
            (Err(error), ..) => Some(error.to_string()),
            (Ok(_), FinalState::Refused { reason }, _) => {
                Some(format!("Prefect does not take the final state: {reason}"))
            }
            (Ok(_), FinalState::NotSent, _) => Some("the end of the run is not known".to_owned()),
            (Ok(_), ..) if self.late > 0 => Some(format!(
                "the rate left no time for {} log lines and events",
                self.late
            )),
            (Ok(_), _, 0) => None,
            (Ok(_), _, n) => Some(format!("Prefect has not yet recorded {n} task runs")),
        };
        if let Some(problem) = self.budget.left_out() {
            self.patience.notify(Notice::LeftOut { problem });
        }
        let flow_run_id = self.context.flow_run_id();
        Delivery {
            flow_run_id,
            url: flow_run_id.and_then(|id| self.client.settings().flow_run_page(id)),
            flow_run_name: self.context.flow_run.map(|run| run.name),
            verified: problem.is_none(),
            task_runs: self.ledger.total() + self.passed_over,
            unconfirmed,
            final_state,
            problem,
        }
    }

    /// Reads the journal and sends what is due, up to the end of the run, which stays `None` when the journal ends without
    /// it.
    async fn carry<F: Feed>(
        &mut self,
        journal: &mut F,
        end: &mut Option<RunEnd>,
    ) -> Result<(), Unsent> {
        loop {
            self.beat().await;
            let wake = self
                .batch
                .due()
                .into_iter()
                .chain(self.heartbeat.as_ref().map(Heartbeat::due))
                .min();
            let entry = match wake {
                Some(wake) => timeout_at(wake, journal.next()).await,
                None => Ok(journal.next().await),
            };
            match entry {
                Ok(None) => break,
                Ok(Some(Entry::Effect(effect))) => {
                    *end = self.take_in(*effect);
                    if end.is_some() {
                        break;
                    }
                }
                Ok(Some(Entry::Header(_))) | Err(_) => {}
            }
            if self.batch.is_full() || self.batch.due().is_some_and(|due| due <= Instant::now()) {
                self.deliver(journal).await?;
            }
        }
        self.deliver(journal).await
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

    fn take_in(&mut self, effect: Effect) -> Option<RunEnd> {
        // Translated whether or not the budget has room: a log's time depends on the logs before it, and a replay without
        // a budget must find the same.
        let log = match (&effect, &mut self.logs) {
            (Effect::Log(line), Some(logs)) => logs.translate(line),
            _ => None,
        };
        let is_unwanted_log = log.is_none() && matches!(effect, Effect::Log(_));
        if is_unwanted_log || !self.budget.admits(&effect) {
            return None;
        }
        let now = Instant::now();
        let held = self.held.as_ref();
        match effect {
            Effect::NodeRunning(task) if held.is_some_and(|held| held.task_run(task.id)) => {}
            Effect::NodeFinished(task, _) if held.is_some_and(|held| held.task_run(task.id)) => {
                self.passed_over += 1;
            }
            Effect::Asset(event) if held.is_some_and(|held| held.asset(event.id)) => {}
            Effect::NodeRunning(task) => self.batch.began(task, now),
            Effect::NodeFinished(task, end) => self.batch.ended(task, end, now),
            Effect::Log(_) => {
                if let Some(log) = log.filter(|log| held.is_none_or(|held| !held.log(log))) {
                    self.batch.log(log, now);
                }
            }
            Effect::Asset(event) => self.batch.asset(event, now),
            Effect::Summary(summary) => self.summary = Some(summary),
            Effect::Total(nodes) => self.batch.expect(nodes),
            Effect::RunFinished(end) => return Some(end),
        }
        None
    }

    /// Lets the server catch up while the run goes on. Meanwhile nothing is read, and the journal grows.
    async fn wait_for_room<F: Feed>(&mut self, journal: &F) -> Result<(), Unsent> {
        let mut pace = Pace::new();
        let mut progress = Progress::new();
        while self.ledger.load() > WINDOW && !self.patience.has_ended(journal) {
            let seen = self.confirm(journal).await?;
            let unseen = self.ledger.in_flight() - seen;
            let stall = progress.stall(unseen);
            if self.held.is_some() && stall > self.verify_timeout.max(TAIL_STALL) {
                // Of a run that is over, no end would come to our help.
                return Ok(());
            }
            self.mend(journal, stall).await?;
            self.beat().await;
            pace.wait().await;
        }
        Ok(())
    }

    /// Sets the terminal state, if the states are ours.
    async fn end<F: Feed>(
        &mut self,
        journal: &F,
        end: Option<&RunEnd>,
    ) -> (FinalState, Result<(), Unsent>) {
        let ours = self.context.flow_run_id().filter(|_| self.own_states);
        let (Some(end), Some(flow_run_id)) = (end, ours) else {
            let state = if self.own_states {
                FinalState::NotSent
            } else {
                FinalState::NotOurs
            };
            return (state, Ok(()));
        };
        let (client, patience) = (self.client, &mut self.patience);
        let answer = self
            .ending
            .decide(async |transition| {
                patience
                    .insist(journal, || {
                        finish(client, flow_run_id, &end.state, transition)
                    })
                    .await
            })
            .await;
        match answer {
            Ok(state) => (state, Ok(())),
            Err(error) => (FinalState::NotSent, Err(error)),
        }
    }

    /// Shows the run's summary. One that the server does not want is left out.
    async fn publish<F: Feed>(&mut self, journal: &F) -> Result<(), Unsent> {
        let (Some(summary), Some(flow_run_id)) = (self.summary.take(), self.context.flow_run_id())
        else {
            return Ok(());
        };
        let client = self.client;
        let mut is_repetition = self.held.is_some();
        let published = self
            .patience
            .insist(journal, || {
                publish(
                    client,
                    flow_run_id,
                    &summary,
                    std::mem::replace(&mut is_repetition, true),
                )
            })
            .await;
        match published {
            Err(Unsent::Refused(error)) => self.patience.left_out(error.to_string()),
            other => other?,
        }
        Ok(())
    }

    /// Asks until everything was seen or the time is over, which for a run that is over begins anew whenever the server
    /// gets on; gives how many of those in flight were seen.
    async fn verify<F: Feed>(&mut self, journal: &F) -> Result<usize, Unsent> {
        let deadline = Instant::now() + self.verify_timeout;
        let mut pace = Pace::new();
        let mut progress = Progress::new();
        loop {
            let seen = self.confirm(journal).await?;
            if self.ledger.in_flight() == 0 && self.ledger.withheld() == 0 {
                self.verify_assets(journal, deadline).await?;
                return Ok(seen);
            }
            let unseen = self.ledger.in_flight() - seen;
            let stall = progress.stall(unseen);
            let is_over = match &self.held {
                Some(_) => stall >= self.verify_timeout,
                None => Instant::now() >= deadline,
            };
            if is_over {
                return Ok(seen);
            }
            if self.ledger.withheld() > 0 && self.late == 0 && self.ledger.load() <= WINDOW {
                self.release(journal).await?;
                continue;
            }
            self.mend(journal, stall).await?;
            pace.wait().await;
        }
    }

    /// Tells the events of assets once more that the server has lost, as far as there is time to look. They are written
    /// some seconds after they were taken: what is too young to be found is trusted to come, unless there was trouble.
    async fn verify_assets<F: Feed>(
        &mut self,
        journal: &F,
        deadline: Instant,
    ) -> Result<(), Unsent> {
        let told = self.ledger.told_assets();
        let mut found = HashSet::new();
        let mut looked_at = 0;
        for page in told.chunks(EVENT_PAGE) {
            match timeout_at(deadline, find_events(self.client, page)).await {
                Ok(Ok(those)) => found.extend(those),
                // Nothing depends on it: what was taken is there in all likelihood.
                _ => break,
            }
            looked_at += page.len();
        }
        let had_trouble = self.repairs > 0 || self.patience.had_trouble();
        let mut lost = unheard(&told[..looked_at], &found, had_trouble, Instant::now());
        if lost.is_empty() {
            return Ok(());
        }
        tracing::info!(count = lost.len(), "events of assets are told again");
        lost.retain(|_| self.budget.spend(Expense::Asset));
        self.tell_again(journal, lost, self.repairs).await.map(drop)
    }

    /// Asks for the oldest in flight, as long as they are complete; gives how many of an incomplete chunk were seen.
    async fn confirm<F: Feed>(&mut self, journal: &F) -> Result<usize, Unsent> {
        loop {
            let chunk = self.ledger.next_chunk();
            if chunk.is_empty() {
                return Ok(0);
            }
            let client = self.client;
            let seen = self
                .patience
                .insist(journal, || count_ended(client, chunk))
                .await?;
            if seen < chunk.len() {
                return Ok(seen);
            }
            let all = chunk.len();
            self.ledger.confirm(all);
        }
    }

    /// Tells the ends that the server has lost once more, if it has recorded nothing for long enough to say so.
    async fn mend<F: Feed>(&mut self, journal: &F, stall: Duration) -> Result<(), Unsent> {
        // Each repair doubles the patience: a server that does not record at all must not drown in repetitions.
        if stall < STALL * 2_u32.pow(self.repairs.min(16)) {
            return Ok(());
        }
        let client = self.client;
        let chunk = self.ledger.next_chunk();
        let missing = self
            .patience
            .insist(journal, || find_missing(client, chunk))
            .await?;
        let lost = if stall < TAIL_STALL {
            overtaken(chunk, &missing)
        } else {
            missing
        };
        if lost.is_empty() {
            return Ok(());
        }
        tracing::info!(count = lost.len(), "task runs are told again");
        self.repairs += 1;
        self.tell_again(journal, lost, self.repairs).await.map(drop)
    }
}
