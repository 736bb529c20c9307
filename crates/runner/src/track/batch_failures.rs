//! Why a microbatch model failed: its first batch that failed, and the error of that batch.

use dbt_events::{BatchStart, Event, EventName, ExceptionOnRun, NodeFinished, NodeInfo};
use jiff::Timestamp;

use super::node_outcome::plain_text;
use crate::model::NodeStatus;

/// The batches of a node, and the errors of those that failed. Batches run at the same time: the events of one have its
/// start in their `node_info`.
#[derive(Debug, Default)]
pub(super) struct BatchFailures {
    batches: Vec<Batch>,
}

#[derive(Debug)]
struct Batch {
    started: Option<Timestamp>,
    index: i64,
    /// Such as `batch 2026-01-02 of main.daily`.
    description: String,
    error: Option<String>,
}

impl BatchFailures {
    /// Takes an event of the node.
    pub(super) fn on_event(&mut self, info: &NodeInfo<'_>, event: &Event<'_>) {
        use EventName::{CatchableExceptionOnRun, GenericExceptionOnRun, InternalErrorOnRun};
        let error = match event.name() {
            EventName::LogStartBatch => {
                let data = event.data::<BatchStart<'_>>().unwrap_or_default();
                self.batches.push(Batch {
                    started: info.node_started_at,
                    index: data.batch_index.unwrap_or(i64::MAX),
                    description: data.description.to_string(),
                    error: None,
                });
                return;
            }
            CatchableExceptionOnRun | GenericExceptionOnRun | InternalErrorOnRun => {
                let data = event.data::<ExceptionOnRun<'_>>().unwrap_or_default();
                plain_text(&data.exc)
            }
            EventName::NodeFinished => {
                let data = event.data::<NodeFinished<'_>>().unwrap_or_default();
                let result = data.run_result;
                plain_text(&result.message)
                    .filter(|_| NodeStatus::from(&*result.status).is_failure())
            }
            _ => return,
        };
        let started = info.node_started_at;
        let batch = self
            .batches
            .iter_mut()
            .find(|batch| batch.started == started);
        if let Some(batch) = batch
            && batch.error.is_none()
        {
            batch.error = error;
        }
    }

    /// The first batch that failed, with its error.
    pub(super) fn first(&self) -> Option<String> {
        let failed = self.batches.iter().filter(|batch| batch.error.is_some());
        let first = failed.min_by_key(|batch| batch.index)?;
        let error = first.error.as_deref()?;
        Some(format!("{} failed: {error}", first.description))
    }
}
