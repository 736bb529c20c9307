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
    /// The file, which readers read even if it was deleted. While a journal is being written, its lock says that it is in use:
    /// until the last reader is dropped, and also after a failed write.
    pub(super) file: Option<File>,
    /// Why the file cannot be written.
    problem: Mutex<Option<String>>,
}

impl Shared {
    pub(super) fn new(path: Option<PathBuf>, progress: Progress, file: Option<File>) -> Arc<Self> {
        Arc::new(Self {
            path,
            spill: Mutex::default(),
            progress: watch::Sender::new(progress),
            file,
            problem: Mutex::default(),
        })
    }

    /// Why the file cannot be written; `None` if it can.
    pub(super) fn problem(&self) -> MutexGuard<'_, Option<String>> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn spill(&self) -> MutexGuard<'_, Vec<Arc<str>>> {
        // Only complete lines are pushed: a panic elsewhere leaves a valid list.
        self.spill.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
