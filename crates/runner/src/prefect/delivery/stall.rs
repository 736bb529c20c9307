//! Asking the server again and again: how often, and how long it has recorded nothing.

use std::time::Duration;

use tokio::time::Instant;

/// The pauses between two questions to the server: short at first, since most runs are complete by then.
#[derive(Debug)]
pub(super) struct PollInterval(Duration);

impl PollInterval {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_millis(500);

    pub(super) fn new() -> Self {
        Self(Self::FIRST)
    }

    /// The next pause.
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 3 / 2).min(Self::LONGEST);
        pause
    }
}

/// How long the server has recorded nothing.
#[derive(Debug)]
pub(super) struct Stall {
    unseen: usize,
    since: Instant,
}

impl Stall {
    pub(super) fn new() -> Self {
        Self {
            unseen: 0,
            since: Instant::now(),
        }
    }

    /// How long the number of task runs that were not seen yet has been `unseen`.
    pub(super) fn of(&mut self, unseen: usize) -> Duration {
        if unseen != self.unseen {
            self.unseen = unseen;
            self.since = Instant::now();
        }
        self.since.elapsed()
    }
}
