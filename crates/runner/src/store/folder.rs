//! The folder of the journals of a project.

use std::ffi::OsStr;
use std::fs::{DirBuilder, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use fs_err::{File, OpenOptions};
use uuid::Uuid;

use super::journal_entry::Entry;
use super::reader::JournalReader;
use super::stored_journal::StoredJournal;

/// Name of the folder in a dbt project. It is not in `target`, because `dbt clean` deletes that.
pub(crate) const JOURNAL_DIR: &str = ".prefect-dbt";

/// How many journals of earlier runs are kept, of each kind.
const KEPT: usize = 10;
const EXTENSION: &str = "jsonl";
/// The extension of what was written of a journal that is not whole.
pub(crate) const INCOMPLETE: &str = "incomplete";
/// The permissions of the folder.
const PRIVATE: u32 = 0o700;

/// A folder of journals, one file per run.
#[derive(Debug, Clone)]
pub(crate) struct JournalFolder {
    dir: PathBuf,
}

impl JournalFolder {
    /// The folder at `dir`, which need not exist yet.
    #[must_use]
    pub(crate) fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Its path.
    #[must_use]
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Creates the folder, which only its owner can look into. Git ignores it.
    pub(crate) fn make(&self) -> std::io::Result<()> {
        if let Some(parent) = self.dir.parent() {
            fs_err::create_dir_all(parent)?;
        }
        let made = DirBuilder::new().mode(PRIVATE).create(&self.dir);
        if made.is_err() {
            // It exists, or this reports why it does not.
            fs_err::create_dir_all(&self.dir)?;
            self.make_private();
        }
        let mut options = OpenOptions::new();
        // Not through a symlink: that would write to any file of the user.
        let ignore = options.write(true).create_new(true);
        match ignore.open(self.dir.join(".gitignore")) {
            Ok(mut file) => file.write_all(b"*\n"),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Takes the permissions of others from a project's folder, which earlier versions gave them. A folder that the user
    /// chose keeps its own.
    fn make_private(&self) {
        if self.dir.file_name() != Some(OsStr::new(JOURNAL_DIR)) {
            return;
        }
        let is_open = std::fs::metadata(&self.dir).is_ok_and(|found| found.mode() & 0o077 != 0);
        if is_open
            && let Err(error) = fs_err::set_permissions(&self.dir, Permissions::from_mode(PRIVATE))
        {
            tracing::debug!(%error, "others can look into the folder of the journals");
        }
    }

    /// Creates the file for a run, which only its owner can read, and the folder if it does not exist.
    ///
    /// # Errors
    /// When the folder or the file cannot be created.
    pub(crate) fn create(&self, run_id: Uuid) -> std::io::Result<File> {
        self.make()?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        options.options_mut().mode(0o600);
        // It gets its name once it is locked: to others, a journal without a lock is one whose process is gone.
        let (unnamed, path) = (self.dir.join(format!("{run_id}.new")), self.path_of(run_id));
        let file = options.open(&unnamed)?;
        // A file system without locks is no reason to fail.
        if let Err(error) = file.file().try_lock_shared() {
            tracing::debug!(%error, "cannot lock the journal");
        }
        fs_err::rename(&unnamed, &path)?;
        Ok(File::from_parts(file.into_parts().0, path))
    }

    /// The path of the journal of a run.
    pub(super) fn path_of(&self, run_id: Uuid) -> PathBuf {
        self.dir.join(format!("{run_id}.{EXTENSION}"))
    }

    /// The paths of the journals, the oldest first: their names are UUIDv7.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn journals(&self) -> std::io::Result<Vec<PathBuf>> {
        self.files(EXTENSION)
    }

    /// The paths of what is there of journals that are not whole, the oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn incomplete(&self) -> std::io::Result<Vec<PathBuf>> {
        self.files(INCOMPLETE)
    }

    fn files(&self, extension: &str) -> std::io::Result<Vec<PathBuf>> {
        let mut journals = Vec::new();
        for entry in fs_err::read_dir(&self.dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|found| found == extension) {
                journals.push(path);
            }
        }
        journals.sort();
        Ok(journals)
    }

    /// Deletes a journal that was delivered.
    pub(crate) fn discard(&self, journal: &Path) {
        if let Err(error) = fs_err::remove_file(journal) {
            tracing::warn!(%error, "cannot delete a delivered journal");
        }
    }

    /// Deletes old journals: keeps the last ten of runs that are reported to Prefect, the last ten of other runs, and ten files
    /// that are incomplete. A journal that is being written is never deleted. Gives the deleted journals that Prefect lacks.
    #[must_use]
    pub(crate) fn trim(&self) -> Vec<PathBuf> {
        for path in surplus(&self.incomplete().unwrap_or_default()) {
            self.discard(path);
        }
        let journals = self.journals().unwrap_or_default();
        if journals.len() <= KEPT {
            return Vec::new();
        }
        let (reported, others): (Vec<_>, Vec<_>) =
            journals.into_iter().partition(|path| is_reported(path));
        for path in surplus(&others) {
            self.delete_old(path);
        }
        let lost = surplus(&reported)
            .iter()
            .filter(|path| self.delete_old(path));
        lost.cloned().collect()
    }

    /// Deletes a journal, unless it is in use.
    fn delete_old(&self, journal: &Path) -> bool {
        match StoredJournal::lock(journal) {
            Ok(Some(stored)) if stored.is_locked() => {
                self.discard(journal);
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::debug!(%error, "cannot delete an old journal");
                false
            }
        }
    }
}

/// All but the newest ones.
fn surplus(journals: &[PathBuf]) -> &[PathBuf] {
    &journals[..journals.len().saturating_sub(KEPT)]
}

/// Whether the run of a journal is reported to Prefect.
fn is_reported(journal: &Path) -> bool {
    let reader = JournalReader::open(journal).ok();
    match reader.and_then(|mut reader| reader.try_next()) {
        Some(Entry::Header(header)) => header.flow.is_reported(),
        _ => true,
    }
}
