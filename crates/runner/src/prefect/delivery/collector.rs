//! Collecting: the entries of a journal become a batch, without those that are not to be sent.

use prefect_client::Client;
use tokio::time::Instant;

use super::already_stored::AlreadyStored;
use super::batch::{Batch, Load};
use super::budget::Budget;
use crate::model::{Effect, RunEnd, RunSummary};
use crate::prefect::flow_run::RunContext;
use crate::prefect::translate::LogTranslator;

/// Collects the effects of one run.
pub(super) struct Collector {
    batch: Batch,
    /// `None` when Prefect's settings turn logs off.
    logs: Option<LogTranslator>,
    already_stored: AlreadyStored,
    /// Task runs that the server has in a terminal state already.
    skipped_task_runs: usize,
    summary: Option<RunSummary>,
}

impl Collector {
    /// For a run that reports to this flow run, if any. What the server has stored already is skipped.
    pub(super) fn new(
        client: &Client,
        context: &RunContext,
        already_stored: AlreadyStored,
    ) -> Self {
        let settings = client.settings();
        let translator = || LogTranslator::new(context.flow_run_id(), settings.max_log_size());
        Self {
            batch: Batch::default(),
            logs: settings.logging_to_api.enabled.then(translator),
            already_stored,
            skipped_task_runs: 0,
            summary: None,
        }
    }

    /// Takes the next effect; gives the end of the run when this is it.
    pub(super) fn add(&mut self, effect: Effect, budget: &mut Budget) -> Option<RunEnd> {
        // Translated even if the budget omits the line: the time of a log depends on the logs before it, and a replay
        // without a budget must compute the same time.
        let log = match (&effect, &mut self.logs) {
            (Effect::Log(line), Some(logs)) => logs.translate(line),
            _ => None,
        };
        let is_unwanted_log = log.is_none() && matches!(effect, Effect::Log(_));
        if is_unwanted_log || !budget.admits(&effect) {
            return None;
        }
        let now = Instant::now();
        let stored = &self.already_stored;
        match effect {
            Effect::NodeRunning(task) | Effect::NodeAwaitingRetry(task, _)
                if stored.task_run(task.id) => {}
            Effect::NodeFinished(task, _) if stored.task_run(task.id) => {
                self.skipped_task_runs += 1;
            }
            Effect::Asset(event) if stored.asset(event.id) => {}
            Effect::NodeRunning(task) => self.batch.start(task, now),
            Effect::NodeAwaitingRetry(task, wait) => self.batch.await_retry(task, wait, now),
            Effect::NodeFinished(task, end) => self.batch.end(task, end, now),
            Effect::Log(_) => {
                if let Some(log) = log.filter(|log| !stored.log(log)) {
                    self.batch.log(log, now);
                }
            }
            Effect::Asset(event) => self.batch.asset(event, now),
            Effect::Summary(summary) => self.summary = Some(summary),
            Effect::Total(_) | Effect::Remaining(_) => {}
            Effect::RunFinished(end) => return Some(end),
        }
        None
    }

    /// When the batch is to be sent; `None` while it is empty.
    pub(super) fn due(&self, budget: &Budget) -> Option<Instant> {
        self.batch.due(budget.nodes())
    }

    /// Whether the batch is to be sent now.
    pub(super) fn is_due(&self, budget: &Budget) -> bool {
        self.batch.is_full() || self.due(budget).is_some_and(|due| due <= Instant::now())
    }

    /// Takes what is to be sent now.
    pub(super) fn take(&mut self, context: &RunContext, budget: &Budget) -> Load {
        self.batch.take(context, budget.nodes(), Instant::now())
    }

    /// The summary of the run, once.
    pub(super) fn take_summary(&mut self) -> Option<RunSummary> {
        self.summary.take()
    }

    /// Task runs that the server has in a terminal state already.
    pub(super) fn skipped_task_runs(&self) -> usize {
        self.skipped_task_runs
    }
}
