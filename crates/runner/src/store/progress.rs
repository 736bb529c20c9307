//! The length of a journal, shared by its writer and its readers.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fs_err::File;
use tokio::sync::watch;

/// How much of a journal is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Bytes of the file, up to the end of its last complete line.
    pub(super) file_len: u64,
    /// Lines that could not be written to the file.
    pub(super) spilled: usize,
    /// Whether the writer has closed.
    pub(super) closed: bool,
}

/// The state that a writer and its readers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) path: Option<PathBuf>,
    /// The lines after those in the file, from the moment that a write failed.
    spill: Mutex<Vec<Arc<str>>>,
    pub(super) progress: watch::Sender<Progress>,
    /// The file of a journal that is being written. Its lock says that the journal is in use, until the last reader is dropped,
    /// and also after a failed write.
    _lock: Option<File>,
}

impl Shared {
    pub(super) fn new(path: Option<PathBuf>, progress: Progress, lock: Option<File>) -> Arc<Self> {
        Arc::new(Self {
            path,
            spill: Mutex::default(),
            progress: watch::Sender::new(progress),
            _lock: lock,
        })
    }

    pub(super) fn spill(&self) -> MutexGuard<'_, Vec<Arc<str>>> {
        // Only complete lines are pushed: a panic elsewhere leaves a valid list.
        self.spill.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
