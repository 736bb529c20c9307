//! What is known of the slot that a run holds, and what follows from the server's answers. No I/O and no clock.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

/// How long a lease lasts without a renewal: the shortest time that Prefect's server allows.
pub(super) const LEASE: Duration = Duration::from_secs(60);
/// The time between two renewals: two can fail before the lease expires.
pub(super) const RENEWAL: Duration = Duration::from_secs(20);
/// The same while the lease is not renewed, or the slot is lost.
pub(super) const AGAIN: Duration = Duration::from_secs(5);

/// The slot of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// Held under a lease that does not expire before this time.
    Leased { lease: Uuid, until: Instant },
    /// The server has lost the lease before it could expire: it keeps leases in memory, and was restarted. The slot is in
    /// its database, and stays taken until we give it back.
    WithoutLease,
    /// Another run may have it.
    Lost,
}

/// What to ask the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// To renew this lease.
    Renew(Uuid),
    /// Whether the slot is still taken.
    Look,
    /// For a new lease.
    Take,
}

/// What the server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The lease is ours for the usual time from when it was asked.
    Leased(Uuid),
    /// It does not know the lease.
    Unknown,
    /// The slot is taken.
    Taken,
    /// The slot is free.
    Free,
    /// Nothing that says more.
    Nothing,
}

/// What changes for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Lost,
    HeldAgain,
}

impl Slot {
    /// A slot whose lease was asked for at this time.
    pub(super) fn leased(lease: Uuid, asked: Instant) -> Self {
        Self::Leased {
            lease,
            until: asked + LEASE,
        }
    }

    pub(super) fn is_lost(self) -> bool {
        self == Self::Lost
    }

    pub(super) fn ask(self) -> Ask {
        match self {
            Self::Leased { lease, .. } => Ask::Renew(lease),
            Self::WithoutLease => Ask::Look,
            Self::Lost => Ask::Take,
        }
    }

    /// Takes an answer to what was asked at `asked`, and arrived at `now`.
    pub(super) fn take(&mut self, answer: Answer, asked: Instant, now: Instant) -> Option<Change> {
        let before = *self;
        *self = match (before, answer) {
            (_, Answer::Leased(lease)) => Self::leased(lease, asked),
            (Self::Leased { until, .. }, Answer::Unknown) if now < until => Self::WithoutLease,
            (Self::Leased { until, .. }, Answer::Unknown | Answer::Nothing) if now >= until => {
                Self::Lost
            }
            // Somebody has freed it.
            (Self::WithoutLease, Answer::Free) => Self::Lost,
            _ => before,
        };
        match (before.is_lost(), self.is_lost()) {
            (false, true) => Some(Change::Lost),
            (true, false) => Some(Change::HeldAgain),
            _ => None,
        }
    }

    /// The time until the next question, after an answer that arrived at `now`.
    pub(super) fn pause(self, answer: Answer, now: Instant) -> Duration {
        match self {
            Self::Leased { .. } if matches!(answer, Answer::Leased(_)) => RENEWAL,
            Self::Leased { until, .. } => AGAIN.min(until.saturating_duration_since(now)),
            Self::WithoutLease => RENEWAL,
            Self::Lost => AGAIN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(7);

    /// The slot after answers at these seconds after the lease was taken, and the changes.
    fn after(answers: &[(u64, Answer)]) -> (Slot, Vec<Change>) {
        let begin = Instant::now();
        let mut slot = Slot::leased(ID, begin);
        let mut changes = Vec::new();
        for (second, answer) in answers {
            let at = begin + Duration::from_secs(*second);
            changes.extend(slot.take(*answer, at, at));
        }
        (slot, changes)
    }

    #[test]
    fn a_lease_that_is_renewed_is_kept() {
        let (slot, changes) = after(&[
            (20, Answer::Leased(ID)),
            (40, Answer::Nothing),
            (45, Answer::Nothing),
            (79, Answer::Leased(ID)),
            (100, Answer::Nothing),
        ]);
        assert_eq!((slot.ask(), changes), (Ask::Renew(ID), vec![]));
    }

    #[test]
    fn a_lease_is_lost_when_it_expires_and_a_new_one_is_taken() {
        let (slot, changes) = after(&[(20, Answer::Nothing), (60, Answer::Nothing)]);
        assert_eq!((slot.ask(), changes), (Ask::Take, vec![Change::Lost]));
        let other = Uuid::from_u128(8);
        let (slot, changes) = after(&[
            (60, Answer::Unknown),
            (65, Answer::Taken),
            (70, Answer::Leased(other)),
        ]);
        assert_eq!(slot.ask(), Ask::Renew(other));
        assert_eq!(changes, [Change::Lost, Change::HeldAgain]);
    }

    #[test]
    fn a_lease_that_a_server_forgets_keeps_its_slot_until_somebody_frees_it() {
        let (slot, changes) = after(&[
            (20, Answer::Unknown),
            (600, Answer::Nothing),
            (1200, Answer::Taken),
        ]);
        assert_eq!((slot, changes), (Slot::WithoutLease, vec![]));
        let (slot, changes) = after(&[(20, Answer::Unknown), (40, Answer::Free)]);
        assert_eq!((slot.ask(), changes), (Ask::Take, vec![Change::Lost]));
    }

    #[test]
    fn a_renewal_that_fails_is_repeated_soon_and_the_end_of_the_lease_is_not_missed() {
        let begin = Instant::now();
        let slot = Slot::leased(ID, begin);
        let pause = |second| slot.pause(Answer::Nothing, begin + Duration::from_secs(second));
        assert_eq!(slot.pause(Answer::Leased(ID), begin), RENEWAL);
        assert_eq!(pause(20), AGAIN);
        assert_eq!(pause(58), Duration::from_secs(2));
        assert_eq!(Slot::Lost.pause(Answer::Taken, begin), AGAIN);
    }
}
