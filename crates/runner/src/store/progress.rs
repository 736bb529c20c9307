//! How far a journal has got, shared by its writer and its readers.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fs_err::File;
use tokio::sync::watch;

/// How far a journal has got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Bytes of the file that are whole lines.
    pub(super) file_len: u64,
    /// Lines that the file could not take.
    pub(super) spilled: usize,
    /// Whether nothing will follow.
    pub(super) closed: bool,
}

/// What a writer and its readers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) path: Option<PathBuf>,
    /// The lines after those in the file, once it could not be written any more.
    spill: Mutex<Vec<Arc<str>>>,
    pub(super) progress: watch::Sender<Progress>,
    /// The file of a journal that is written: its lock tells others that the journal is in use, until the last reader has
    /// gone, and also when no more can be written.
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
        // Lines are pushed whole: a panic elsewhere leaves nothing half done.
        self.spill.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
