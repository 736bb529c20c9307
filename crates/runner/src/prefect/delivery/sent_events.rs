//! Which events were sent, and which task runs the server was seen to have recorded.

use std::collections::{HashSet, VecDeque};

use tokio::time::Instant;
use uuid::Uuid;

/// Most ids of one request.
const CHUNK: usize = 500;

/// Ids of task runs that end in a batch, and of its events of assets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct EventIds {
    pub(super) ended: Vec<Uuid>,
    pub(super) assets: Vec<Uuid>,
}

impl EventIds {
    pub(super) fn all(&self) -> HashSet<Uuid> {
        self.ended.iter().chain(&self.assets).copied().collect()
    }
}

/// An event of an asset that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SentAsset {
    /// Id of the event.
    pub(super) id: Uuid,
    pub(super) at: Instant,
}

/// The ends of task runs and the events of assets, in the order of sending. The server records them in about that order.
#[derive(Debug, Default)]
pub(super) struct SentEvents {
    task_runs: Vec<Uuid>,
    /// How many of the first `task_runs` the server has recorded.
    confirmed: usize,
    assets: Vec<SentAsset>,
    /// Batches of events of assets in the server's queue: how many task runs were sent before, and how many events. The
    /// server takes events in order, so these are recorded once those task runs are.
    queued_assets: VecDeque<(usize, usize)>,
    /// Not sent yet: the server's queue had no room.
    deferred: VecDeque<EventIds>,
}

impl SentEvents {
    /// Notes that these events were sent, those of assets last.
    pub(super) fn add(&mut self, sent: &EventIds) {
        self.task_runs.extend_from_slice(&sent.ended);
        if !sent.assets.is_empty() {
            if self.in_flight() > 0 {
                let batch = (self.task_runs.len(), sent.assets.len());
                self.queued_assets.push_back(batch);
            }
            let at = Instant::now();
            self.assets
                .extend(sent.assets.iter().map(|&id| SentAsset { id, at }));
        }
    }

    /// The events of assets, in the order of sending.
    pub(super) fn assets(&self) -> &[SentAsset] {
        &self.assets
    }

    /// Keeps a batch for later.
    pub(super) fn defer(&mut self, batch: EventIds) {
        self.deferred.push_back(batch);
    }

    /// Takes the oldest deferred batch, and more of them up to `most` task runs.
    pub(super) fn take_deferred(&mut self, most: usize) -> EventIds {
        let mut taken = self.deferred.pop_front().unwrap_or_default();
        while let Some(next) = self.deferred.front()
            && taken.ended.len() + next.ended.len() <= most
            && let Some(next) = self.deferred.pop_front()
        {
            taken.ended.extend(next.ended);
            taken.assets.extend(next.assets);
        }
        taken
    }

    /// Task runs that have ended, sent or not.
    pub(super) fn total(&self) -> usize {
        self.task_runs.len() + self.deferred()
    }

    /// Task runs that were sent and not seen yet.
    pub(super) fn in_flight(&self) -> usize {
        self.task_runs.len() - self.confirmed
    }

    /// Length of the server's queue, in task runs of two events each.
    pub(super) fn queue_length(&self) -> usize {
        let assets: usize = self.queued_assets.iter().map(|(_, events)| events).sum();
        self.in_flight() + assets / 2
    }

    /// Task runs that have ended and were not sent.
    pub(super) fn deferred(&self) -> usize {
        self.deferred.iter().map(|batch| batch.ended.len()).sum()
    }

    /// The oldest task runs that were not seen yet.
    pub(super) fn next_chunk(&self) -> &[Uuid] {
        let end = self.task_runs.len().min(self.confirmed + CHUNK);
        &self.task_runs[self.confirmed..end]
    }

    /// The first `count` of the next chunk, which must be all of it, were seen.
    pub(super) fn confirm(&mut self, count: usize) {
        self.confirmed = self.task_runs.len().min(self.confirmed + count);
        while let Some((sent, _)) = self.queued_assets.front()
            && *sent <= self.confirmed
        {
            self.queued_assets.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(ended: &[Uuid], assets: &[Uuid]) -> EventIds {
        EventIds {
            ended: ended.to_vec(),
            assets: assets.to_vec(),
        }
    }

    #[test]
    fn chunks_are_confirmed_in_order() {
        let ids: Vec<Uuid> = (0..700).map(Uuid::from_u128).collect();
        let mut events = SentEvents::default();
        events.add(&batch(&ids, &[]));
        events.defer(batch(&ids[..5], &[]));
        assert_eq!(events.next_chunk(), &ids[..500]);
        events.confirm(500);
        assert_eq!(events.next_chunk(), &ids[500..]);
        assert_eq!((events.in_flight(), events.total()), (200, 705));
        events.confirm(200);
        assert!(events.next_chunk().is_empty());
    }

    #[test]
    fn deferred_batches_are_taken_in_order() {
        let ids: Vec<Uuid> = (0..6).map(Uuid::from_u128).collect();
        let mut events = SentEvents::default();
        for pair in ids.chunks(2) {
            events.defer(batch(pair, &pair[..1]));
        }
        let taken = events.take_deferred(5);
        assert_eq!(taken.ended, ids[..4]);
        assert_eq!(taken.assets, [ids[0], ids[2]]);
        // At least one batch, even if there is room for none.
        assert_eq!(events.take_deferred(0).ended, ids[4..]);
        assert_eq!(events.deferred(), 0);
    }

    #[test]
    fn assets_leave_the_queue_with_the_task_runs_before_them() {
        let ids: Vec<Uuid> = (0..600).map(Uuid::from_u128).collect();
        let mut events = SentEvents::default();
        events.add(&batch(&ids[..400], &ids[..20]));
        events.add(&batch(&ids[400..], &ids[..10]));
        assert_eq!(events.queue_length(), 615);
        events.confirm(500);
        assert_eq!(events.queue_length(), 105);
        events.confirm(100);
        assert_eq!(events.queue_length(), 0);
    }
}
