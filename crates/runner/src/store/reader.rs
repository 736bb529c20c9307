//! Reads a journal, while it is being written or later.

use std::future::Future;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use fs_err::File;
use tokio::sync::watch;

use super::feed::Feed;
use super::journal_entry::Entry;
use super::progress::{Progress, Shared};

/// Reads a journal from its start, at its own pace.
///
/// Lines that are not entries (an incomplete last line after a crash, an entry of a newer version) are skipped.
#[derive(Debug)]
pub struct JournalReader {
    shared: Arc<Shared>,
    progress: watch::Receiver<Progress>,
    file: Option<BufReader<File>>,
    /// Bytes of the file that were read.
    offset: u64,
    /// Spilled lines that were read.
    spilled: usize,
    line: String,
}

impl JournalReader {
    pub(super) fn of(shared: Arc<Shared>) -> Self {
        let progress = shared.progress.subscribe();
        Self {
            shared,
            progress,
            file: None,
            offset: 0,
            spilled: 0,
            line: String::new(),
        }
    }

    /// Opens a journal that is not being written.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let progress = Progress {
            file_len: file.metadata()?.len(),
            spilled: 0,
            closed: true,
        };
        let mut reader = Self::of(Shared::new(Some(path.to_path_buf()), progress, None));
        reader.file = Some(BufReader::new(file));
        Ok(reader)
    }

    /// Waits for the next entry; `None` when the journal is closed and everything was read. Dropping the future loses no
    /// entry.
    pub async fn next(&mut self) -> Option<Entry> {
        loop {
            let closed = self.progress.borrow_and_update().closed;
            if let Some(entry) = self.try_next() {
                return Some(entry);
            }
            // The channel outlives the writer: readers share its state.
            if closed || self.progress.changed().await.is_err() {
                return None;
            }
        }
    }

    /// The next entry, if it is already written.
    pub fn try_next(&mut self) -> Option<Entry> {
        let progress = *self.progress.borrow();
        loop {
            if self.offset < progress.file_len {
                self.read_line()?;
            } else if self.spilled < progress.spilled {
                self.line.clear();
                self.line.push_str(&self.shared.spill()[self.spilled]);
                self.spilled += 1;
            } else {
                return None;
            }
            match serde_json::from_str(&self.line) {
                Ok(entry) => return Some(entry),
                Err(error) => tracing::warn!(%error, "skipping an invalid line of the journal"),
            }
        }
    }

    /// Blocks this thread until the next entry is written; `None` as for [`JournalReader::next`].
    pub fn blocking_next(&mut self) -> Option<Entry> {
        let mut next = pin!(self.next());
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            match next.as_mut().poll(&mut context) {
                Poll::Ready(entry) => return entry,
                Poll::Pending => std::thread::park(),
            }
        }
    }

    /// Reads a line of the file; `None` when that fails, which ends the journal for this reader.
    fn read_line(&mut self) -> Option<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let path = self.shared.path.as_deref()?;
                let file = File::open(path).inspect_err(unreadable).ok()?;
                self.file.insert(BufReader::new(file))
            }
        };
        let mut bytes = std::mem::take(&mut self.line).into_bytes();
        bytes.clear();
        let read = file
            .read_until(b'\n', &mut bytes)
            .inspect_err(unreadable)
            .ok()?;
        self.line = String::from_utf8_lossy(&bytes).into_owned();
        self.offset += read as u64;
        (read > 0).then_some(())
    }
}

fn unreadable(error: &std::io::Error) {
    tracing::warn!(%error, "cannot read the journal");
}

impl Feed for JournalReader {
    async fn next(&mut self) -> Option<Entry> {
        Self::next(self).await
    }

    fn is_closed(&self) -> bool {
        self.progress.borrow().closed
    }

    async fn closed(&self) {
        // The channel outlives the writer: readers share its state.
        let _ = self.progress.clone().wait_for(|now| now.closed).await;
    }

    fn rewound(&self) -> Option<Self> {
        Some(Self::of(Arc::clone(&self.shared)))
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
