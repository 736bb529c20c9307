//! Keeps a slot while it is held: renews its lease, and takes a new one if it is lost.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::limit::{Limit, REQUEST, Taken};
use super::slot::{Answer, Ask, Change, LEASE, RENEWAL, Slot};

/// Gets the warnings about a lock.
pub(crate) type Warn = Arc<dyn Fn(&str) + Send + Sync>;

/// Keeps the slot for ever.
pub(super) async fn keep(limit: Limit, slot: watch::Sender<Slot>, warn: Warn) {
    let mut pause = RENEWAL;
    loop {
        sleep(pause).await;
        let asked = Instant::now();
        let known = *slot.borrow();
        let answer = timeout(time_for_answer(known, asked), answer(&limit, known.ask())).await;
        let answer = answer.unwrap_or(Answer::Nothing);
        let now = Instant::now();
        let mut change = None;
        slot.send_modify(|slot| change = slot.take(answer, asked, now));
        match change {
            Some(Change::Lost) => warn(&format!(
                "the database lock `{}` is lost: its lease was not renewed in time; another run may write to the same target",
                limit.name
            )),
            Some(Change::HeldAgain) => {
                warn(&format!("the database lock `{}` is held again", limit.name));
            }
            None => {}
        }
        pause = slot.borrow().pause(answer, now);
    }
}

/// The longest time for an answer. A renewal is of no use after the end of the lease.
fn time_for_answer(slot: Slot, now: Instant) -> Duration {
    match slot {
        Slot::Leased { until, .. } => until.saturating_duration_since(now).min(REQUEST),
        Slot::WithoutLease | Slot::Lost => REQUEST,
    }
}

async fn answer(limit: &Limit, ask: Ask) -> Answer {
    match ask {
        Ask::Renew(lease) => {
            let renewed = limit.client.renew_lease(lease, LEASE).await;
            match renewed {
                Ok(()) => Answer::Leased(lease),
                Err(error) if error.status() == Some(410) => Answer::Unknown,
                Err(error) => {
                    tracing::debug!(%error, "cannot renew the lease of the database lock");
                    Answer::Nothing
                }
            }
        }
        Ask::Look => match limit.read().await {
            Ok(Some(found)) if found.active_slots > 0 => Answer::Taken,
            Ok(_) => Answer::Free,
            Err(_) => Answer::Nothing,
        },
        Ask::Take => match limit.take().await {
            Ok(Taken::Leased(lease)) => Answer::Leased(lease.lease_id),
            Ok(Taken::Full(_)) => Answer::Taken,
            Err(_) => Answer::Nothing,
        },
    }
}
