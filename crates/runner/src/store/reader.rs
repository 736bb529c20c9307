//! Reads a journal, while it is being written or later.

use std::future::Future;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
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
    file: BufReader<SharedFile>,
    /// Bytes of the journal that were read, as lines.
    offset: u64,
    line: String,
}

impl JournalReader {
    pub(super) fn of(shared: Arc<Shared>) -> Self {
        let progress = shared.progress.subscribe();
        Self {
            file: BufReader::new(SharedFile::after(&shared, 0)),
            shared,
            progress,
            offset: 0,
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
            len: file.metadata()?.len(),
            closed: true,
        };
        let shared = Shared::new(Some(path.to_path_buf()), progress, Some(file));
        Ok(Self::of(shared))
    }

    /// The path of the journal; `None` when it is in memory.
    pub(super) fn path(&self) -> Option<&Path> {
        self.shared.path.as_deref()
    }

    /// Why the file is incomplete; `None` if it is not.
    pub(super) fn problem(&self) -> Option<String> {
        self.shared.unwritten.problem()
    }

    /// Whether the file still has its name.
    pub(super) fn is_in_place(&self) -> bool {
        let (Some(path), Some(file)) = (&self.shared.path, &self.shared.file) else {
            return false;
        };
        let identity = |found: std::fs::Metadata| (found.dev(), found.ino());
        let named = fs_err::metadata(path).map(identity).ok();
        named.is_some() && named == file.metadata().map(identity).ok()
    }

    /// Says when the journal has ended.
    pub(crate) fn end(&self) -> JournalEnd {
        JournalEnd(self.progress.clone())
    }

    /// Another reader of the same journal, from its start.
    pub(crate) fn again(&self) -> Self {
        Self::of(Arc::clone(&self.shared))
    }

    /// Deletes the file of a journal that is not needed any more.
    pub(crate) fn delete(&self) {
        if let Some(path) = self.path().filter(|_| self.is_in_place())
            && let Err(error) = fs_err::remove_file(path)
        {
            tracing::warn!(%error, "cannot delete the journal");
        }
    }

    /// All lines that are written so far. An error is the last item.
    pub(super) fn lines(&self) -> impl Iterator<Item = std::io::Result<String>> + use<> {
        let mut reader = self.again();
        let progress = *reader.progress.borrow();
        std::iter::from_fn(move || {
            let line = reader.read_line(progress).transpose()?;
            Some(line.map(|()| reader.line.clone()))
        })
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
            let read = self.read_line(progress).inspect_err(unreadable);
            read.ok()??;
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

    /// Reads the next line that is written; `None` when there is none yet. After an error, this reader cannot go on.
    fn read_line(&mut self, progress: Progress) -> std::io::Result<Option<()>> {
        if self.offset >= progress.len {
            return Ok(None);
        }
        if let Some(line) = self.shared.unwritten.at(self.offset) {
            self.line.clear();
            self.line.push_str(&line);
            self.offset += line.len() as u64;
            return Ok(Some(()));
        }
        if self.file.get_ref().line != self.offset {
            self.file = BufReader::new(SharedFile::after(&self.shared, self.offset));
        }
        let mut bytes = std::mem::take(&mut self.line).into_bytes();
        bytes.clear();
        let read = self.file.read_until(b'\n', &mut bytes)?;
        self.line = String::from_utf8_lossy(&bytes).into_owned();
        self.offset += read as u64;
        self.file.get_mut().line = self.offset;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(()))
    }
}

/// Says whether a journal has ended, and does not keep its file in use.
#[derive(Debug)]
pub(crate) struct JournalEnd(watch::Receiver<Progress>);

impl JournalEnd {
    /// Whether nothing more is written.
    pub(crate) fn is_reached(&self) -> bool {
        self.0.borrow().closed
    }
}

/// The file of a journal, read from its start without a change of the place that the writer writes to.
#[derive(Debug)]
struct SharedFile {
    shared: Arc<Shared>,
    offset: u64,
    /// Where the next line begins that is read from it.
    line: u64,
}

impl SharedFile {
    fn after(shared: &Arc<Shared>, offset: u64) -> Self {
        Self {
            shared: Arc::clone(shared),
            offset,
            line: offset,
        }
    }
}

impl Read for SharedFile {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(file) = &self.shared.file else {
            return Ok(0);
        };
        let read = file.file().read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
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
        Some(self.again())
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
