//! Keeps the journal of a run that Prefect lacks: whole on disk, or marked as incomplete.

use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use fs_err::OpenOptions;
use uuid::Uuid;

use super::folder::{INCOMPLETE, JournalFolder};
use super::reader::JournalReader;

/// Where the journal of a run that is over is kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum KeptJournal {
    /// Nowhere, because it was not meant to be written.
    Nowhere,
    /// In its file.
    Whole(PathBuf),
    /// In another file, because its own has a problem.
    Copied {
        path: PathBuf,
        problem: String,
        /// Whether later runs in the project find it there.
        is_found: bool,
    },
    /// Not as a whole, because of the problem. What was written of it cannot be taken for a journal any more.
    Incomplete { problem: String },
}

impl KeptJournal {
    /// The path of the whole journal.
    pub(crate) fn path(self) -> Option<PathBuf> {
        match self {
            Self::Whole(path) | Self::Copied { path, .. } => Some(path),
            Self::Nowhere | Self::Incomplete { .. } => None,
        }
    }

    /// What people should know about it.
    pub(crate) fn warning(&self) -> Option<String> {
        match self {
            Self::Nowhere | Self::Whole(_) => None,
            Self::Copied {
                path,
                problem,
                is_found,
            } => {
                let path = path.display();
                let to_do = match is_found {
                    true => String::new(),
                    false => format!(
                        ", where later runs do not find it: run `prefect-dbt replay {path}` to deliver it"
                    ),
                };
                Some(format!(
                    "the journal of this run could not be kept in its place: {problem}; it is saved as {path}{to_do}"
                ))
            }
            Self::Incomplete { problem } => Some(format!(
                "the journal of this run is incomplete and cannot be replayed: {problem}"
            )),
        }
    }
}

/// Keeps a journal whose writer has closed. If its file is incomplete or gone, it is written anew from what is in memory and
/// what can still be read: to the folder, else to one of `others`. Without `others`, nothing is written.
pub(crate) fn keep(
    journal: &JournalReader,
    run_id: Uuid,
    folder: &JournalFolder,
    others: &[PathBuf],
) -> KeptJournal {
    let problem = match (journal.problem(), journal.path()) {
        (None, None) => return KeptJournal::Nowhere,
        (None, Some(path)) if journal.is_in_place() => {
            return KeptJournal::Whole(path.to_path_buf());
        }
        (None, Some(path)) => format!("{} was deleted during the run", path.display()),
        (Some(problem), _) => problem,
    };
    let in_folder = folder.path_of(run_id);
    let elsewhere = others
        .iter()
        .map(|dir| dir.join(format!("prefect-dbt-{run_id}.jsonl")));
    let places = std::iter::once(in_folder).chain(elsewhere);
    for path in places.filter(|_| !others.is_empty()) {
        match copy(journal, &path) {
            Ok(()) => {
                // A torn file of the same run must not be taken for that of a killed one.
                if journal.path().is_some_and(|torn| torn != path) {
                    journal.delete();
                }
                let is_found = path.parent() == Some(folder.dir());
                return KeptJournal::Copied {
                    path,
                    problem,
                    is_found,
                };
            }
            Err(error) => tracing::debug!(%error, "cannot write a copy of the journal"),
        }
    }
    mark_incomplete(journal);
    KeptJournal::Incomplete { problem }
}

/// Writes the whole journal to a new file, which only its owner can read, and gives it the name `path`.
fn copy(journal: &JournalReader, path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let unnamed = path.with_extension("new");
    let written = write(journal, &unnamed).and_then(|()| fs_err::rename(&unnamed, path));
    if written.is_err() {
        let _ = fs_err::remove_file(&unnamed);
    }
    written
}

fn write(journal: &JournalReader, path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options.options_mut().mode(0o600);
    let mut file = BufWriter::new(options.open(path)?);
    for line in journal.lines() {
        let line = line?;
        file.write_all(line.trim_end().as_bytes())?;
        file.write_all(b"\n")?;
    }
    file.flush()?;
    file.get_ref().sync_all()
}

/// Renames what was written of the journal, so that nothing takes it for that of a killed run.
fn mark_incomplete(journal: &JournalReader) {
    if let Some(path) = journal.path().filter(|_| journal.is_in_place())
        && let Err(error) = fs_err::rename(path, path.with_extension(INCOMPLETE))
    {
        tracing::warn!(%error, "cannot rename an incomplete journal");
        journal.delete();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Effect, FlowRunRef};
    use crate::store::{Header, JournalWriter};

    fn header() -> Header {
        Header {
            run_id: Uuid::now_v7(),
            flow: FlowRunRef::owned(Uuid::nil()),
            ..Header::for_test()
        }
    }

    /// The lines of a journal with a total of 1 and one of 2.
    fn expected(header: &Header) -> String {
        let header = serde_json::to_string(header).unwrap();
        format!(
            "{{\"header\":{header}}}\n{{\"effect\":{{\"total\":1}}}}\n{{\"effect\":{{\"total\":2}}}}\n"
        )
    }

    /// A journal in the folder whose file becomes full after the first total.
    fn torn(folder: &JournalFolder, header: &Header) -> JournalReader {
        let mut writer = JournalWriter::begin(folder.create(header.run_id), header);
        writer.append([Effect::Total(1)]);
        let full = OpenOptions::new().write(true).open("/dev/full");
        writer.go_on_with(full.unwrap());
        writer.append([Effect::Total(2)]);
        writer.reader()
    }

    #[test]
    fn a_journal_is_written_anew_if_its_file_is_incomplete_or_gone() {
        let dir = tempfile::tempdir().unwrap();
        let others = [dir.path().join("temp")];
        let folder = JournalFolder::at(dir.path().join("journals"));
        let header = header();
        let journal = torn(&folder, &header);
        let kept = keep(&journal, header.run_id, &folder, &others);
        let warning = kept.warning().unwrap();
        assert!(warning.contains("No space left"), "{warning}");
        assert!(!warning.contains("replay"), "{warning}");
        let path = kept.path().unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), expected(&header));

        // The folder is gone, and cannot be made again.
        fs_err::remove_dir_all(folder.dir()).unwrap();
        fs_err::write(folder.dir(), "").unwrap();
        let kept = keep(&journal, header.run_id, &folder, &others);
        let warning = kept.warning().unwrap();
        let path = kept.path().unwrap();
        let to_do = format!("run `prefect-dbt replay {}`", path.display());
        assert!(warning.contains(&to_do), "{warning}");
        assert!(path.starts_with(&others[0]), "{}", path.display());
        assert_eq!(fs_err::read_to_string(&path).unwrap(), expected(&header));
    }

    #[test]
    fn a_journal_that_was_deleted_is_written_anew() {
        let dir = tempfile::tempdir().unwrap();
        let folder = JournalFolder::at(dir.path().join("journals"));
        let header = header();
        let mut writer = JournalWriter::begin(folder.create(header.run_id), &header);
        writer.append([Effect::Total(1)]);
        fs_err::remove_dir_all(folder.dir()).unwrap();
        writer.append([Effect::Total(2)]);
        let journal = writer.reader();
        drop(writer);
        let kept = keep(
            &journal,
            header.run_id,
            &folder,
            &[dir.path().to_path_buf()],
        );
        assert!(
            kept.warning()
                .unwrap()
                .contains("was deleted during the run")
        );
        let path = kept.path().unwrap();
        assert_eq!(path, folder.path_of(header.run_id));
        assert_eq!(fs_err::read_to_string(path).unwrap(), expected(&header));
    }

    #[test]
    fn an_incomplete_journal_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let folder = JournalFolder::at(dir.path());
        let header = header();
        let journal = torn(&folder, &header);
        let kept = keep(&journal, header.run_id, &folder, &[]);
        assert!(kept.warning().unwrap().contains("incomplete"));
        assert_eq!(kept.path(), None);
        assert!(folder.journals().unwrap().is_empty());
        assert_eq!(folder.incomplete().unwrap().len(), 1);
    }

    #[test]
    fn a_whole_journal_stays() {
        let dir = tempfile::tempdir().unwrap();
        let folder = JournalFolder::at(dir.path());
        let header = header();
        let writer = JournalWriter::begin(folder.create(header.run_id), &header);
        let kept = keep(&writer.reader(), header.run_id, &folder, &[]);
        assert_eq!(kept, KeptJournal::Whole(folder.path_of(header.run_id)));
    }
}
