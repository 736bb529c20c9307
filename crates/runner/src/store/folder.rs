//! The folder of the journals of a project.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use fs_err::{File, OpenOptions};
use uuid::Uuid;

use super::journal_entry::Entry;
use super::reader::JournalReader;
use super::stored_journal::StoredJournal;

/// Name of the folder in a dbt project. It is not in `target`, because `dbt clean` deletes that.
pub const JOURNAL_DIR: &str = ".prefect-dbt";

/// How many journals of earlier runs are kept, of each kind.
const KEPT: usize = 10;
const EXTENSION: &str = "jsonl";
/// The extension of what was written of a journal that is not whole.
pub(crate) const INCOMPLETE: &str = "incomplete";

/// A folder of journals, one file per run.
#[derive(Debug, Clone)]
pub struct JournalFolder {
    dir: PathBuf,
}

impl JournalFolder {
    /// The folder at `dir`, which need not exist yet.
    #[must_use]
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Its path.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Creates the folder. Git ignores it.
    pub(crate) fn make(&self) -> std::io::Result<()> {
        fs_err::create_dir_all(&self.dir)?;
        let ignore = self.dir.join(".gitignore");
        if !ignore.exists() {
            File::create(ignore)?.write_all(b"*\n")?;
        }
        Ok(())
    }

    /// Creates the file for a run, which only its owner can read, and the folder if it does not exist.
    ///
    /// # Errors
    /// When the folder or the file cannot be created.
    pub fn create(&self, run_id: Uuid) -> std::io::Result<File> {
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
    pub fn journals(&self) -> std::io::Result<Vec<PathBuf>> {
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
    pub fn discard(&self, journal: &Path) {
        if let Err(error) = fs_err::remove_file(journal) {
            tracing::warn!(%error, "cannot delete a delivered journal");
        }
    }

    /// Deletes old journals: keeps the last ten of runs that are reported to Prefect, the last ten of other runs, and ten files
    /// that are incomplete. A journal that is being written is never deleted. Gives the deleted journals that Prefect lacks.
    #[must_use]
    pub fn trim(&self) -> Vec<PathBuf> {
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
