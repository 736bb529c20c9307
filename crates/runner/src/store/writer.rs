//! Writes a journal.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use fs_err::File;

use super::journal_entry::{Entry, Header};
use super::progress::{Progress, Shared};
use super::reader::JournalReader;
use crate::model::Effect;

/// Appends entries to a journal. Dropping it closes the journal.
///
/// Nothing here fails a run: when the file cannot be written (a full disk, a read-only project), [`JournalWriter::problem`] gives
/// the reason, and the rest of the journal stays in memory, where readers find it.
#[derive(Debug)]
pub struct JournalWriter {
    file: Option<File>,
    shared: Arc<Shared>,
}

impl JournalWriter {
    /// A journal that starts with `header`: in `file`, or in memory if that is an error.
    #[must_use]
    pub fn begin(file: std::io::Result<File>, header: &Header) -> Self {
        let (file, problem) = match file {
            Ok(file) => (Some(file), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let path = file.as_ref().map(|file| file.path().to_path_buf());
        let lock = file.as_ref().and_then(|file| file.try_clone().ok());
        let shared = Shared::new(path, Progress::default(), lock);
        *shared.problem() = problem;
        let mut writer = Self { file, shared };
        writer.write(std::iter::once(&Entry::Header(Box::new(header.clone()))));
        writer
    }

    /// A journal in memory.
    #[must_use]
    pub fn in_memory(header: &Header) -> Self {
        let mut writer = Self {
            file: None,
            shared: Shared::new(None, Progress::default(), None),
        };
        writer.write(std::iter::once(&Entry::Header(Box::new(header.clone()))));
        writer
    }

    /// Appends effects. Readers see them immediately.
    pub fn append(&mut self, effects: impl IntoIterator<Item = Effect>) {
        let entries: Vec<Entry> = effects
            .into_iter()
            .map(|effect| Entry::Effect(Box::new(effect)))
            .collect();
        self.write(entries.iter());
    }

    /// A reader from the start.
    #[must_use]
    pub fn reader(&self) -> JournalReader {
        JournalReader::of(Arc::clone(&self.shared))
    }

    /// The path of the journal; `None` when it is in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.shared.path.as_deref()
    }

    /// Why the file cannot be written; `None` if it can.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.shared.problem().clone()
    }

    /// Makes each write fail, as on a full disk.
    #[cfg(test)]
    pub(super) fn fail_from_now_on(&mut self) {
        let full = fs_err::OpenOptions::new().write(true).open("/dev/full");
        self.file = Some(full.expect("a device that is always full"));
    }

    fn write<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) {
        let mut lines = Vec::new();
        for entry in entries {
            let before = lines.len();
            match serde_json::to_writer(&mut lines, entry) {
                Ok(()) => lines.push(b'\n'),
                Err(error) => {
                    lines.truncate(before);
                    tracing::error!(%error, "cannot write an effect as JSON");
                }
            }
        }
        if lines.is_empty() {
            return;
        }
        match self.file.as_mut().map(|file| file.write_all(&lines)) {
            Some(Ok(())) => {
                let written = lines.len() as u64;
                self.shared
                    .progress
                    .send_modify(|progress| progress.file_len += written);
                return;
            }
            Some(Err(error)) => {
                *self.shared.problem() = Some(error.to_string());
                self.file = None;
            }
            None => {}
        }
        let mut spill = self.shared.spill();
        spill.extend(String::from_utf8_lossy(&lines).lines().map(Arc::from));
        let spilled = spill.len();
        drop(spill);
        self.shared
            .progress
            .send_modify(|progress| progress.spilled = spilled);
    }
}

impl Drop for JournalWriter {
    fn drop(&mut self) {
        self.shared
            .progress
            .send_modify(|progress| progress.closed = true);
    }
}
