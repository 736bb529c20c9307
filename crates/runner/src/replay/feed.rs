//! A journal at rest, as the reporter reads it.

use std::collections::VecDeque;

use super::closer::Closer;
use crate::effect::{Effect, Entry};
use crate::journal::JournalReader;
use crate::report::Feed;

/// Reads a journal at rest to its end, and where that is missing, closes what is open.
///
/// As long as there is something to read, it passes for one that is being written: the reporter paces itself as in a
/// run, and does not hurry to an end that is long past.
#[derive(Debug)]
pub(super) struct RestingFeed {
    reader: JournalReader,
    /// Until everything was read.
    closer: Option<Closer>,
    /// What the journal lacks.
    rest: VecDeque<Effect>,
    is_closed: bool,
}

impl RestingFeed {
    pub(super) fn new(reader: JournalReader) -> Self {
        Self {
            reader,
            closer: Some(Closer::default()),
            rest: VecDeque::new(),
            is_closed: false,
        }
    }
}

impl Feed for RestingFeed {
    async fn next(&mut self) -> Option<Entry> {
        if let Some(closer) = &mut self.closer {
            if let Some(entry) = self.reader.try_next() {
                closer.see(&entry);
                self.is_closed = closer.is_over();
                return Some(entry);
            }
            self.rest = std::mem::take(closer).close().into();
            self.closer = None;
        }
        let effect = self.rest.pop_front();
        self.is_closed = self.rest.is_empty();
        Some(Entry::Effect(Box::new(effect?)))
    }

    fn is_closed(&self) -> bool {
        self.is_closed
    }

    fn rewound(&self) -> Option<Self> {
        Some(Self::new(self.reader.rewound()?))
    }
}
