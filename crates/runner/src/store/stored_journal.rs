//! Journals that are not being written any more.

use std::fs::TryLockError;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use fs_err::{File, OpenOptions};

use super::reader::JournalReader;

/// Exclusive access to a journal whose writer is gone: until this is dropped, no other process delivers or deletes it.
#[derive(Debug)]
pub(crate) struct StoredJournal {
    path: PathBuf,
    is_locked: bool,
    _lock: File,
}

impl StoredJournal {
    /// Locks a journal; `None` while it is being written or another process has locked it, and when it does not exist any more.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn lock(path: &Path) -> io::Result<Option<Self>> {
        let file = match open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_locked = match file.file().try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "cannot lock the journal");
                false
            }
        };
        // The previous owner of the lock may have delivered and deleted it.
        let is_there = fs_err::metadata(path).is_ok_and(|found| {
            file.metadata()
                .is_ok_and(|ours| (ours.dev(), ours.ino()) == (found.dev(), found.ino()))
        });
        Ok(is_there.then(|| Self {
            path: path.to_path_buf(),
            is_locked,
            _lock: file,
        }))
    }

    /// Whether it is certain that no process writes it. On a file system without locks it is not.
    #[must_use]
    pub(crate) fn is_locked(&self) -> bool {
        self.is_locked
    }

    /// A reader from the start.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn reader(&self) -> io::Result<JournalReader> {
        JournalReader::open(&self.path)
    }

    /// Deletes the journal.
    ///
    /// # Errors
    /// When the file cannot be deleted.
    pub(crate) fn delete(self) -> io::Result<()> {
        fs_err::remove_file(&self.path)
    }
}

/// Opens the file for writing if possible: network file systems need that for an exclusive lock.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options.open(path).or_else(|error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => File::open(path),
        _ => Err(error),
    })
}
