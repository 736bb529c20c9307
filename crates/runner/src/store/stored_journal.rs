//! Journals that nobody writes any more.

use std::fs::TryLockError;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use fs_err::{File, OpenOptions};

use super::reader::JournalReader;

/// A journal that nobody writes, and that nobody else delivers or tidies away as long as this is there.
#[derive(Debug)]
pub struct RestingJournal {
    path: PathBuf,
    is_locked: bool,
    _lock: File,
}

impl RestingJournal {
    /// Takes a journal; `None` while somebody writes it or has taken it, and when it has gone in the meantime.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = match open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_locked = match file.file().try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "the journal cannot be locked");
                false
            }
        };
        // Whoever held the lock before may have delivered and deleted it.
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

    /// Whether it is certain that nobody writes it: a file system without locks does not tell, and a person has to.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.is_locked
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A reader from the beginning.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn reader(&self) -> io::Result<JournalReader> {
        JournalReader::open(&self.path)
    }

    /// Deletes the journal.
    ///
    /// # Errors
    /// When the file cannot be deleted.
    pub fn delete(self) -> io::Result<()> {
        fs_err::remove_file(&self.path)
    }
}

/// Network file systems lock for one alone only what may be written.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options.open(path).or_else(|error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => File::open(path),
        _ => Err(error),
    })
}
