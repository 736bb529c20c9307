//! A stored journal, as the reporter reads it.

use std::collections::VecDeque;

use super::close_killed::KilledRun;
use crate::model::Effect;
use crate::store::{Entry, Feed, JournalReader};

/// Reads a stored journal to its end. If the end of the run is missing, it adds the effects of [`KilledRun::close`].
///
/// It counts as open until everything was read: so the reporter keeps its pace as in a run, and does not hurry because the run has
/// ended.
#[derive(Debug)]
pub(super) struct StoredFeed {
    reader: JournalReader,
    /// `None` once everything was read.
    killed: Option<KilledRun>,
    /// The effects that the journal lacks.
    missing: VecDeque<Effect>,
    is_closed: bool,
}

impl StoredFeed {
    pub(super) fn new(reader: JournalReader) -> Self {
        Self {
            reader,
            killed: Some(KilledRun::default()),
            missing: VecDeque::new(),
            is_closed: false,
        }
    }
}

impl Feed for StoredFeed {
    async fn next(&mut self) -> Option<Entry> {
        if let Some(killed) = &mut self.killed {
            if let Some(entry) = self.reader.try_next() {
                killed.add(&entry);
                self.is_closed = killed.has_ended();
                return Some(entry);
            }
            self.missing = std::mem::take(killed).close().into();
            self.killed = None;
        }
        let effect = self.missing.pop_front();
        self.is_closed = self.missing.is_empty();
        Some(Entry::Effect(Box::new(effect?)))
    }

    fn is_closed(&self) -> bool {
        self.is_closed
    }

    async fn closed(&self) {
        // Only `next` closes it, and that needs exclusive access.
        if !self.is_closed {
            std::future::pending::<()>().await;
        }
    }

    fn rewound(&self) -> Option<Self> {
        Some(Self::new(self.reader.rewound()?))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use uuid::Uuid;

    use super::*;
    use crate::model::FlowRunRef;
    use crate::store::{Header, JournalWriter};

    async fn entries(feed: &mut StoredFeed) -> Vec<Entry> {
        let mut entries = Vec::new();
        while !feed.is_closed() {
            entries.extend(feed.next().await);
        }
        entries
    }

    #[tokio::test]
    async fn an_incomplete_journal_can_be_read_and_closed_repeatedly() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let header = Header {
            flow: FlowRunRef::owned(Uuid::from_u128(8)),
            ..Header::for_test()
        };
        let to_file = fs_err::OpenOptions::new().append(true).open(file.path());
        let mut journal = JournalWriter::begin(to_file, &header);
        journal.append([Effect::Total(1)]);
        drop(journal);
        let mut torn = fs_err::OpenOptions::new();
        let mut torn = torn.append(true).open(file.path()).unwrap();
        torn.write_all(br#"{"effect":{"tot"#).unwrap();

        let reader = JournalReader::open(file.path()).unwrap();
        let mut feed = StoredFeed::new(reader);
        let read = entries(&mut feed).await;
        assert_eq!(read.len(), 4, "header, total, last line, end: {read:#?}");
        assert!(feed.next().await.is_none());
        assert_eq!(entries(&mut feed.rewound().unwrap()).await, read);
    }
}
