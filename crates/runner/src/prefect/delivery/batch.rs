//! A batch: effects that wait to be sent together in one request.
//!
//! The server records task runs one by one, perhaps on the machine that dbt runs on, so few events are sent: for a node that
//! ends within the batch window, only its end.

use std::time::Duration;

use prefect_client::{Event, Log};
use tokio::time::Instant;

use super::node_count::NodeCount;
use super::sent_events::EventIds;
use crate::model::{AssetEvent, NodeEnd, RetryWait, TaskRun};
use crate::prefect::flow_run::RunContext;
use crate::prefect::translate;

/// How long an entry waits for others.
const WINDOW: Duration = Duration::from_millis(450);
/// The same when no more nodes are expected. dbt takes about 300 ms to exit after its last event. The server has recorded the
/// last batch by then, so that the end of the run does not wait for it.
const LAST_WINDOW: Duration = Duration::from_millis(50);
/// Most ended nodes and assets of a batch.
const MOST_ENDS: usize = 300;
/// Most logs of a batch.
const MOST_LOGS: usize = 500;
/// Most bytes of log messages in a batch; their JSON stays below a megabyte.
const MOST_LOG_BYTES: usize = 500_000;

/// What was read from the journal and not sent yet.
#[derive(Debug, Default)]
pub(super) struct Batch {
    started: Vec<(TaskRun, Instant)>,
    /// Nodes that wait for another run, and those that have begun it, in order.
    again: Vec<(TaskRun, Option<RetryWait>)>,
    ended: Vec<(TaskRun, NodeEnd)>,
    assets: Vec<AssetEvent>,
    logs: Vec<Log>,
    log_bytes: usize,
    /// When the oldest of `again`, `ended`, `assets` and `logs` was read.
    since: Option<Instant>,
}

/// What is sent of a batch.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// The first `starts` of them are starts of nodes.
    pub(super) events: Vec<Event>,
    pub(super) starts: usize,
    /// Which of the events are ends of nodes and assets.
    pub(super) sent: EventIds,
    pub(super) logs: Vec<Log>,
}

impl Batch {
    pub(super) fn start(&mut self, task: TaskRun, now: Instant) {
        if task.earlier.is_none() {
            self.started.push((task, now));
            return;
        }
        // Prefect shows that the node ran again, however short its run was.
        self.again.push((task, None));
        self.since.get_or_insert(now);
    }

    pub(super) fn await_retry(&mut self, task: TaskRun, wait: RetryWait, now: Instant) {
        self.started.retain(|(started, _)| started.id != task.id);
        self.again.push((task, Some(wait)));
        self.since.get_or_insert(now);
    }

    pub(super) fn end(&mut self, task: TaskRun, end: NodeEnd, now: Instant) {
        self.started.retain(|(started, _)| started.id != task.id);
        self.ended.push((task, end));
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
    pub(super) fn due(&self, nodes: &NodeCount) -> Option<Instant> {
        let oldest_start = self.started.iter().map(|(_, read)| *read).min();
        let oldest = self.since.into_iter().chain(oldest_start).min()?;
        Some(oldest + window(nodes))
    }

    /// Whether the batch is sent now, before its window is over.
    pub(super) fn is_full(&self) -> bool {
        self.again.len() + self.ended.len() + self.assets.len() >= MOST_ENDS
            || self.logs.len() >= MOST_LOGS
            || self.log_bytes >= MOST_LOG_BYTES
    }

    /// Takes what is to be sent now: everything but nodes that have just started.
    pub(super) fn take(&mut self, context: &RunContext, nodes: &NodeCount, now: Instant) -> Load {
        let window = window(nodes);
        let (started, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.started)
            .into_iter()
            .partition(|(_, read)| *read + window <= now);
        self.started = waiting;
        let again = std::mem::take(&mut self.again);
        let ended = std::mem::take(&mut self.ended);
        let assets = std::mem::take(&mut self.assets);
        self.since = None;
        self.log_bytes = 0;
        let starts = started
            .iter()
            .map(|(task, _)| translate::running(context, task));
        let again = again.iter().map(|(task, wait)| match wait {
            Some(wait) => translate::awaiting_retry(context, task, wait),
            None => translate::running(context, task),
        });
        let ends = ended
            .iter()
            .map(|(task, end)| translate::finished(context, task, end, 0));
        let of_assets = assets.iter().map(|event| translate::asset(context, event));
        Load {
            events: starts.chain(again).chain(ends).chain(of_assets).collect(),
            starts: started.len(),
            sent: EventIds {
                ended: ended.iter().map(|(task, _)| task.id).collect(),
                assets: assets.iter().map(|event| event.id).collect(),
            },
            logs: std::mem::take(&mut self.logs),
        }
    }
}

/// How long an entry waits for others.
fn window(nodes: &NodeCount) -> Duration {
    if nodes.all_ended() {
        LAST_WINDOW
    } else {
        WINDOW
    }
}

#[cfg(test)]
mod tests;
