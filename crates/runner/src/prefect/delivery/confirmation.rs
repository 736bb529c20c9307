//! Which task runs were told to have ended, and how many of them the server was seen to hold.

use std::collections::VecDeque;

use tokio::time::Instant;
use uuid::Uuid;

/// Most ids of one question.
const CHUNK: usize = 500;

/// The task runs that ended, in the order of telling; the server records them in about that order.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    told: Vec<Uuid>,
    confirmed: usize,
    /// Events of assets, by how many task runs were told by then: the server takes events in order, so they are
    /// through when those task runs are.
    assets: VecDeque<(usize, usize)>,
    /// All events of assets, in the order of telling.
    told_assets: Vec<ToldAsset>,
    /// Ended, but not told: the server's queue would have dropped them.
    withheld: VecDeque<Withheld>,
}

/// A batch that was not told: ids of task runs, and of events of assets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Withheld {
    pub(super) ended: Vec<Uuid>,
    pub(super) assets: Vec<Uuid>,
}

/// An event of an asset that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ToldAsset {
    /// Id of the event.
    pub(super) id: Uuid,
    pub(super) at: Instant,
}

impl Ledger {
    /// Notes that these ends were told, and behind them these events of assets.
    pub(super) fn tell(&mut self, ids: &[Uuid], assets: &[Uuid]) {
        self.told.extend_from_slice(ids);
        if !assets.is_empty() {
            if self.in_flight() > 0 {
                self.assets.push_back((self.told.len(), assets.len()));
            }
            let at = Instant::now();
            self.told_assets
                .extend(assets.iter().map(|&id| ToldAsset { id, at }));
        }
    }

    /// The events of assets, in the order of telling.
    pub(super) fn told_assets(&self) -> &[ToldAsset] {
        &self.told_assets
    }

    pub(super) fn withhold(&mut self, batch: Withheld) {
        self.withheld.push_back(batch);
    }

    /// Takes back what was withheld, the oldest first: some of it, up to `most` task runs if that is possible.
    pub(super) fn release(&mut self, most: usize) -> Withheld {
        let mut released = self.withheld.pop_front().unwrap_or_default();
        while let Some(next) = self
            .withheld
            .pop_front_if(|next| released.ended.len() + next.ended.len() <= most)
        {
            released.ended.extend(next.ended);
            released.assets.extend(next.assets);
        }
        released
    }

    /// How many have ended.
    pub(super) fn total(&self) -> usize {
        self.told.len() + self.withheld()
    }

    /// How many were told and not yet seen.
    pub(super) fn in_flight(&self) -> usize {
        self.told.len() - self.confirmed
    }

    /// What the server still has in its queue, counted in task runs of two events each.
    pub(super) fn load(&self) -> usize {
        let assets: usize = self.assets.iter().map(|(_, events)| events).sum();
        self.in_flight() + assets / 2
    }

    /// How many have ended and were not told.
    pub(super) fn withheld(&self) -> usize {
        self.withheld.iter().map(|batch| batch.ended.len()).sum()
    }

    /// The oldest that were not yet seen.
    pub(super) fn next_chunk(&self) -> &[Uuid] {
        let end = self.told.len().min(self.confirmed + CHUNK);
        &self.told[self.confirmed..end]
    }

    /// The first `count` of the next chunk, which must be all of it, were seen.
    pub(super) fn confirm(&mut self, count: usize) {
        self.confirmed = self.told.len().min(self.confirmed + count);
        while self
            .assets
            .pop_front_if(|(told, _)| *told <= self.confirmed)
            .is_some()
        {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_confirmed_in_order() {
        let ids: Vec<Uuid> = (0..700).map(Uuid::from_u128).collect();
        let mut ledger = Ledger::default();
        ledger.tell(&ids, &[]);
        ledger.withhold(Withheld {
            ended: ids[..5].to_vec(),
            assets: Vec::new(),
        });
        assert_eq!(ledger.next_chunk(), &ids[..500]);
        ledger.confirm(500);
        assert_eq!(ledger.next_chunk(), &ids[500..]);
        assert_eq!((ledger.in_flight(), ledger.total()), (200, 705));
        ledger.confirm(200);
        assert!(ledger.next_chunk().is_empty());
    }

    #[test]
    fn what_was_withheld_comes_back_in_order() {
        let ids: Vec<Uuid> = (0..6).map(Uuid::from_u128).collect();
        let mut ledger = Ledger::default();
        for pair in ids.chunks(2) {
            ledger.withhold(Withheld {
                ended: pair.to_vec(),
                assets: pair[..1].to_vec(),
            });
        }
        let released = ledger.release(5);
        assert_eq!(released.ended, ids[..4]);
        assert_eq!(released.assets, [ids[0], ids[2]]);
        // However little room there is, it gets on.
        assert_eq!(ledger.release(0).ended, ids[4..]);
        assert_eq!(ledger.withheld(), 0);
    }

    #[test]
    fn assets_are_through_when_what_was_told_with_them_is() {
        let ids: Vec<Uuid> = (0..600).map(Uuid::from_u128).collect();
        let mut ledger = Ledger::default();
        ledger.tell(&ids[..400], &ids[..20]);
        ledger.tell(&ids[400..], &ids[..10]);
        assert_eq!(ledger.load(), 615);
        ledger.confirm(500);
        assert_eq!(ledger.load(), 105);
        ledger.confirm(100);
        assert_eq!(ledger.load(), 0);
    }
}
