//! What a journal holds, shared by its writer and its readers.

use std::path::PathBuf;
use std::sync::Arc;

use fs_err::File;
use tokio::sync::watch;

use super::unwritten::Unwritten;

/// How long a journal is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Bytes of all its lines, on disk or in memory.
    pub(super) len: u64,
    /// Whether the writer has closed.
    pub(super) closed: bool,
}

/// The state that a writer and its readers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) path: Option<PathBuf>,
    /// The lines after those in the file.
    pub(super) unwritten: Arc<Unwritten>,
    pub(super) progress: watch::Sender<Progress>,
    /// The file, which readers read even if it was deleted. While a journal is being written, its lock says that it is in use:
    /// until the last reader is dropped, and also after a failed write.
    pub(super) file: Option<File>,
}

impl Shared {
    pub(super) fn new(path: Option<PathBuf>, progress: Progress, file: Option<File>) -> Arc<Self> {
        Arc::new(Self {
            path,
            unwritten: Unwritten::after(progress.len),
            progress: watch::Sender::new(progress),
            file,
        })
    }
}
