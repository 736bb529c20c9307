//! Writes a journal.

use std::io::Write;
#[cfg(test)]
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fs_err::File;

use super::journal_entry::{Entry, Header};
use super::progress::{Progress, Shared};
use super::reader::JournalReader;
use crate::model::Effect;

/// How long the end of a run waits for a disk that does not answer.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// Appends entries to a journal. Dropping it closes the journal.
///
/// Nothing here fails a run, and appending never waits for the disk: a thread writes the file. When the file cannot be written
/// (a full disk, a read-only project), [`JournalWriter::problem`] gives the reason, and the rest of the journal stays in memory,
/// where readers find it.
#[derive(Debug)]
pub(crate) struct JournalWriter {
    /// The file, until there are entries for its thread.
    file: Option<File>,
    shared: Arc<Shared>,
}

impl JournalWriter {
    /// A journal that starts with `header`: in `file`, or in memory if that is an error. The header is written at once.
    #[must_use]
    pub(crate) fn begin(file: std::io::Result<File>, header: &Header) -> Self {
        let path = file.as_ref().ok().map(|file| file.path().to_path_buf());
        let lock = file.as_ref().ok().and_then(|file| file.try_clone().ok());
        let header = line(&Entry::Header(Box::new(header.clone())));
        let text = header.as_deref().unwrap_or_default();
        let (written, problem) =
            match file.and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file)) {
                Ok(file) => (Some(file), None),
                Err(error) => (None, Some(error)),
            };
        let len = written.as_ref().map_or(0, |_| text.len() as u64);
        let progress = Progress { len, closed: false };
        let writer = Self {
            shared: Shared::new(path, progress, lock),
            file: written,
        };
        if let Some(problem) = problem {
            writer.shared.unwritten.fail(&problem);
            writer.push(header);
        }
        writer
    }

    /// A journal in memory.
    #[must_use]
    pub(crate) fn in_memory(header: &Header) -> Self {
        let writer = Self {
            file: None,
            shared: Shared::new(None, Progress::default(), None),
        };
        writer.push(line(&Entry::Header(Box::new(header.clone()))));
        writer
    }

    /// Appends effects. Readers see them immediately.
    pub(crate) fn append(&mut self, effects: impl IntoIterator<Item = Effect>) {
        let entries = effects.into_iter().map(Box::new).map(Entry::Effect);
        let lines: Vec<Arc<str>> = entries.filter_map(|entry| line(&entry)).collect();
        if lines.is_empty() {
            return;
        }
        self.push(lines);
        if let Some(file) = self.file.take() {
            self.shared.unwritten.write_to(Box::new(file));
        }
    }

    /// A reader from the start.
    #[must_use]
    pub(crate) fn reader(&self) -> JournalReader {
        JournalReader::of(Arc::clone(&self.shared))
    }

    /// The path of the journal; `None` when it is in memory.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn path(&self) -> Option<&Path> {
        self.shared.path.as_deref()
    }

    /// Why the file cannot be written; `None` if it can, as far as is known.
    #[must_use]
    pub(crate) fn problem(&self) -> Option<String> {
        self.shared.unwritten.problem()
    }

    /// Writes what is appended from now on to another file.
    #[cfg(test)]
    pub(super) fn go_on_with(&mut self, file: impl Write + Send + 'static) {
        self.shared.unwritten.close(CLOSE_LIMIT);
        self.file = None;
        self.shared.unwritten.write_to(Box::new(file));
    }

    fn push(&self, lines: impl IntoIterator<Item = Arc<str>>) {
        let len = self.shared.unwritten.push(lines);
        self.shared
            .progress
            .send_modify(|progress| progress.len = len);
    }

    pub(super) fn close(&self, limit: Duration) {
        self.shared
            .progress
            .send_modify(|progress| progress.closed = true);
        self.shared.unwritten.close(limit);
    }
}

/// The line of an entry, with its line feed.
fn line(entry: &Entry) -> Option<Arc<str>> {
    match serde_json::to_string(entry) {
        Ok(json) => Some(format!("{json}\n").into()),
        Err(error) => {
            tracing::error!(%error, "cannot write an effect as JSON");
            None
        }
    }
}

impl Drop for JournalWriter {
    fn drop(&mut self) {
        self.close(CLOSE_LIMIT);
    }
}
