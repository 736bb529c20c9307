//! A lock that is held.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use uuid::Uuid;

use super::keeper::{Warn, keep};
use super::limit::Limit;
use super::slot::Slot;

/// The right to write to the target, while a run uses it. The lock itself is held until [`Locks`](super::Locks) release it.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseLock(pub(super) Arc<HeldLock>);

impl DatabaseLock {
    /// Waits until the lock is lost.
    pub(crate) async fn lost(&self) {
        let mut slot = self.0.slot.clone();
        if slot.wait_for(|slot| slot.is_lost()).await.is_err() {
            // It was released.
            std::future::pending::<()>().await;
        }
    }
}

/// A slot, and the task that keeps it. If it is dropped without a release, it is released in the background while the async
/// runtime lives; without that, it expires.
#[derive(Debug)]
pub(super) struct HeldLock {
    pub(super) limit: Limit,
    pub(super) slot: watch::Receiver<Slot>,
    taken: Instant,
    /// Until the release.
    keeper: Mutex<Option<AbortHandle>>,
}

impl HeldLock {
    /// Keeps the slot of a lease that was asked for at `asked`.
    pub(super) fn keep(limit: Limit, lease: Uuid, asked: Instant, warn: Warn) -> Self {
        let (sender, slot) = watch::channel(Slot::leased(lease, asked));
        let keeper = tokio::spawn(keep(limit.clone(), sender, warn)).abort_handle();
        Self {
            limit,
            slot,
            taken: asked,
            keeper: Mutex::new(Some(keeper)),
        }
    }

    /// Gives the slot back, once.
    pub(super) async fn release(&self) {
        if let Some((limit, lease)) = self.end() {
            limit.give_back(lease, self.taken.elapsed()).await;
        }
    }

    /// Ends the task; what is to be given back then, if there is something.
    fn end(&self) -> Option<(Limit, Option<Uuid>)> {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        keeper.take()?.abort();
        let lease = match *self.slot.borrow() {
            // After its end, the slot may be that of another run.
            Slot::Leased { until, .. } if until <= Instant::now() => return None,
            Slot::Leased { lease, .. } => Some(lease),
            Slot::WithoutLease => None,
            Slot::Lost => return None,
        };
        Some((self.limit.clone(), lease))
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        let Some((limit, lease)) = self.end() else {
            return;
        };
        let held = self.taken.elapsed();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { limit.give_back(lease, held).await });
        }
    }
}
