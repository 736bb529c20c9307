//! Collecting effects until a request is worth its price.
//!
//! The server records task runs one by one on the machine that dbt may share, so events are few: a node that ends
//! before its beginning was worth a request is told by its end alone.

use std::time::Duration;

use prefect_client::{Event, Log};
use tokio::time::Instant;

use crate::model::{AssetEvent, NodeEnd, TaskRun};
use crate::prefect::flow_run::RunContext;
use crate::prefect::translate;

/// How long something waits for company.
const WINDOW: Duration = Duration::from_millis(450);
/// The same when no more nodes are expected. dbt takes some 300 ms to end after its last word: the server has recorded the
/// last batch by then, and nobody has to wait for it.
const LAST_WINDOW: Duration = Duration::from_millis(50);
/// Most ended nodes and assets of a batch.
const MOST_ENDS: usize = 300;
/// Most logs of a batch.
const MOST_LOGS: usize = 500;
/// Most bytes of log messages in a batch; their JSON stays below a megabyte.
const MOST_LOG_BYTES: usize = 500_000;

/// What has been read and not been sent.
#[derive(Debug, Default)]
pub(super) struct Batch {
    began: Vec<(TaskRun, Instant)>,
    ended: Vec<(TaskRun, NodeEnd)>,
    assets: Vec<AssetEvent>,
    logs: Vec<Log>,
    log_bytes: usize,
    /// When the oldest of `ended`, `assets` and `logs` came.
    since: Option<Instant>,
    /// Nodes that end in the run, as far as dbt has said, and those that have ended.
    expected: usize,
    arrived: usize,
}

/// What a batch makes to be sent.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// The first `began` of them tell of nodes that have begun.
    pub(super) events: Vec<Event>,
    pub(super) began: usize,
    /// The task runs that end in it.
    pub(super) ended: Vec<uuid::Uuid>,
    /// Ids of those events that are about assets.
    pub(super) assets: Vec<uuid::Uuid>,
    pub(super) logs: Vec<Log>,
}

impl Batch {
    /// So many nodes are going to end in the run.
    pub(super) fn expect(&mut self, nodes: u32) {
        self.expected = usize::try_from(nodes).unwrap_or(usize::MAX);
    }

    pub(super) fn began(&mut self, task: TaskRun, now: Instant) {
        self.began.push((task, now));
    }

    pub(super) fn ended(&mut self, task: TaskRun, end: NodeEnd, now: Instant) {
        self.began.retain(|(began, _)| began.id != task.id);
        self.ended.push((task, end));
        self.arrived += 1;
        self.since.get_or_insert(now);
    }

    pub(super) fn asset(&mut self, event: AssetEvent, now: Instant) {
        self.assets.push(event);
        self.since.get_or_insert(now);
    }

    pub(super) fn log(&mut self, log: Log, now: Instant) {
        self.log_bytes += log.message.len();
        self.logs.push(log);
        self.since.get_or_insert(now);
    }

    /// When the batch is to be sent; `None` while it is empty.
    pub(super) fn due(&self) -> Option<Instant> {
        let oldest_began = self.began.iter().map(|(_, read)| *read).min();
        let oldest = self.since.into_iter().chain(oldest_began).min()?;
        Some(oldest + self.window())
    }

    fn window(&self) -> Duration {
        match self.expected {
            1.. if self.arrived >= self.expected => LAST_WINDOW,
            _ => WINDOW,
        }
    }

    /// Whether the batch is to be sent whatever the time.
    pub(super) fn is_full(&self) -> bool {
        self.ended.len() + self.assets.len() >= MOST_ENDS
            || self.logs.len() >= MOST_LOGS
            || self.log_bytes >= MOST_LOG_BYTES
    }

    /// Takes what is to be sent now: everything but the nodes that have only just begun.
    pub(super) fn take(&mut self, context: &RunContext, now: Instant) -> Load {
        let window = self.window();
        let (due, kept) = std::mem::take(&mut self.began)
            .into_iter()
            .partition(|(_, read)| *read + window <= now);
        self.began = kept;
        let began: Vec<(TaskRun, Instant)> = due;
        let ended = std::mem::take(&mut self.ended);
        let assets = std::mem::take(&mut self.assets);
        self.since = None;
        self.log_bytes = 0;
        Load {
            began: began.len(),
            ended: ended.iter().map(|(task, _)| task.id).collect(),
            assets: assets.iter().map(|event| event.id).collect(),
            events: began
                .iter()
                .map(|(task, _)| translate::running(context, task))
                .chain(
                    ended
                        .iter()
                        .map(|(task, end)| translate::finished(context, task, end, 0)),
                )
                .chain(assets.iter().map(|event| translate::asset(context, event)))
                .collect(),
            logs: std::mem::take(&mut self.logs),
        }
    }
}

#[cfg(test)]
mod tests;
