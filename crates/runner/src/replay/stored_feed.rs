//! A journal at rest, as the reporter reads it.

use std::collections::VecDeque;

use super::close_killed::Closer;
use crate::model::Effect;
use crate::store::{Entry, Feed, JournalReader};

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

    async fn closed(&self) {
        // Only reading closes it, which nobody can do meanwhile.
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

    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::model::FlowTarget;
    use crate::store::{Header, JOURNAL_FORMAT, JournalWriter};

    async fn entries(feed: &mut RestingFeed) -> Vec<Entry> {
        let mut entries = Vec::new();
        while !feed.is_closed() {
            entries.extend(feed.next().await);
        }
        entries
    }

    #[tokio::test]
    async fn a_torn_journal_is_read_and_closed_as_often_as_one_likes() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let header = Header {
            format: JOURNAL_FORMAT,
            run_id: Uuid::from_u128(7),
            api: None,
            attempt: 1,
            key: None,
            created: Timestamp::UNIX_EPOCH,
            args: Vec::new(),
            flow: FlowTarget::Existing {
                flow_run_id: Uuid::from_u128(8),
                own_states: true,
            },
        };
        let to_file = fs_err::OpenOptions::new().append(true).open(file.path());
        let mut journal = JournalWriter::begin(to_file, &header);
        journal.append([Effect::Total(1)]);
        drop(journal);
        let mut torn = fs_err::OpenOptions::new();
        let mut torn = torn.append(true).open(file.path()).unwrap();
        torn.write_all(br#"{"effect":{"tot"#).unwrap();

        let reader = JournalReader::open(file.path()).unwrap();
        let mut feed = RestingFeed::new(reader);
        let read = entries(&mut feed).await;
        assert_eq!(read.len(), 4, "header, total, last line, end: {read:#?}");
        assert!(feed.next().await.is_none());
        assert_eq!(entries(&mut feed.rewound().unwrap()).await, read);
    }
}
