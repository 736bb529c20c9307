//! The folder of a project's journals.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use fs_err::{File, OpenOptions};
use uuid::Uuid;

use super::journal_entry::Entry;
use super::reader::JournalReader;
use super::stored_journal::RestingJournal;
use crate::model::FlowTarget;

/// Name of the folder in a dbt project. Not below `target`, which `dbt clean` empties.
pub const JOURNAL_DIR: &str = ".prefect-dbt";

/// Journals of earlier runs that are kept, of each kind.
const KEPT: usize = 10;
const EXTENSION: &str = "jsonl";

/// A folder of journals, one file a run.
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

    /// Where it is.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes the folder, which git ignores.
    pub(crate) fn make(&self) -> std::io::Result<()> {
        fs_err::create_dir_all(&self.dir)?;
        let ignore = self.dir.join(".gitignore");
        if !ignore.exists() {
            File::create(ignore)?.write_all(b"*\n")?;
        }
        Ok(())
    }

    /// Makes the file for a run, readable by its owner alone, and with it the folder.
    ///
    /// # Errors
    /// When folder or file cannot be written.
    pub fn create(&self, run_id: Uuid) -> std::io::Result<File> {
        self.make()?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        options.options_mut().mode(0o600);
        // It gets its name once it is locked: others take a journal without a lock for one whose process is gone.
        let (unnamed, path) = (
            self.dir.join(format!("{run_id}.new")),
            self.dir.join(format!("{run_id}.{EXTENSION}")),
        );
        let file = options.open(&unnamed)?;
        // A file system without locks will do, too.
        if let Err(error) = file.file().try_lock_shared() {
            tracing::debug!(%error, "the journal cannot be locked");
        }
        fs_err::rename(&unnamed, &path)?;
        Ok(File::from_parts(file.into_parts().0, path))
    }

    /// The journals, the oldest first: their names are UUIDv7.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn journals(&self) -> std::io::Result<Vec<PathBuf>> {
        let mut journals = Vec::new();
        for entry in fs_err::read_dir(&self.dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|found| found == EXTENSION) {
                journals.push(path);
            }
        }
        journals.sort();
        Ok(journals)
    }

    /// Deletes a journal that has served.
    pub fn discard(&self, journal: &Path) {
        if let Err(error) = fs_err::remove_file(journal) {
            tracing::warn!(%error, "a journal that has served stays");
        }
    }

    /// Deletes the oldest journals beyond the last ten that Prefect is to have, and beyond the last ten others, except
    /// those that are being written.
    pub fn trim(&self) {
        let journals = self.journals().unwrap_or_default();
        if journals.len() <= KEPT {
            return;
        }
        let (owed, others): (Vec<_>, Vec<_>) = journals.into_iter().partition(|path| is_owed(path));
        for journals in [owed, others] {
            let surplus = journals.len().saturating_sub(KEPT);
            journals[..surplus]
                .iter()
                .for_each(|path| self.drop_old(path));
        }
    }

    fn drop_old(&self, journal: &Path) {
        match RestingJournal::take(journal) {
            Ok(Some(taken)) if taken.is_certain() => {
                tracing::warn!(journal = %journal.display(), "the oldest of more than ten journals goes");
                self.discard(journal);
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "an old journal stays"),
        }
    }
}

/// Whether a run was to be reported. One that was not may not push it out.
fn is_owed(journal: &Path) -> bool {
    let reader = JournalReader::open(journal).ok();
    match reader.and_then(|mut reader| reader.try_next()) {
        Some(Entry::Header(header)) => !matches!(header.flow, FlowTarget::Nowhere { .. }),
        _ => true,
    }
}
