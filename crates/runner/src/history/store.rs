//! The records of the last runs of a project and target on disk, one file a run.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::expected::LAST;
use super::record::RunRecord;
use crate::dbt::{CommandLine, PROFILES_FILE, Project, read_artifact, read_config_text};
use crate::selection::{OutputChoice, SelectionFlags};
use crate::store::write_private;

/// Folder of the history, in the folder of the journals.
const HISTORY: &str = "history";
/// How many runs are kept of each target.
const KEPT: usize = 20;

/// The history of a project and target.
#[derive(Debug, Clone)]
pub(crate) struct History {
    dir: PathBuf,
}

impl History {
    /// The history beside the journals in `folder`, for the target that dbt uses with this command line. `profiles` is the
    /// folder of profiles.yml, which may name the target.
    pub(crate) fn of(
        folder: &Path,
        project: &Project,
        line: &CommandLine,
        profiles: Option<&Path>,
    ) -> Self {
        let choice = OutputChoice::of(project, &SelectionFlags::from_env(line)).ok();
        let text = profiles.and_then(|dir| read_config_text(&dir.join(PROFILES_FILE)).ok());
        let target = choice.and_then(|choice| choice.target(&text.unwrap_or_default()));
        Self::at(folder, target.as_deref().unwrap_or("default"))
    }

    /// The history of a target.
    fn at(folder: &Path, target: &str) -> Self {
        // A name cannot lead to another folder.
        let escaped = |c: char| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => c.to_string(),
            _ => format!("~{:x}", u32::from(c)),
        };
        let name: String = target.chars().map(escaped).collect();
        Self {
            dir: folder.join(HISTORY).join(name),
        }
    }

    /// The records, the oldest first, each of which is read when it is asked for. One that cannot be read is left out.
    pub(crate) fn runs(&self) -> impl Iterator<Item = RunRecord> {
        self.files().into_iter().filter_map(|path| read(&path))
    }

    /// The records that say how long a run with this hash of its command line takes, the oldest first: all since the last ones
    /// that ran the same to its end. Older ones would add nothing, and of a large project each takes milliseconds to read.
    pub(crate) fn runs_to_expect(&self, selection: Uuid) -> Vec<RunRecord> {
        let mut alike = 0;
        let mut runs = Vec::new();
        for run in self.files().iter().rev().filter_map(|path| read(path)) {
            alike += usize::from(run.is_alike(selection));
            runs.push(run);
            if alike == LAST {
                break;
            }
        }
        runs.reverse();
        runs
    }

    /// Saves a record that only its owner can read, and removes the oldest ones.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub(crate) fn save(&self, record: &RunRecord) -> std::io::Result<()> {
        fs_err::create_dir_all(&self.dir)?;
        write_private(&self.dir.join(format!("{}.json", record.run_id)), record)?;
        let files = self.files();
        for old in &files[..files.len().saturating_sub(KEPT)] {
            fs_err::remove_file(old)?;
        }
        Ok(())
    }

    /// The files of the records, the oldest first: their names are UUIDv7.
    fn files(&self) -> Vec<PathBuf> {
        let entries = fs_err::read_dir(&self.dir).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        let is_record = |path: &PathBuf| path.extension().is_some_and(|found| found == "json");
        let mut files: Vec<PathBuf> = paths.filter(is_record).collect();
        files.sort();
        files
    }
}

fn read(path: &Path) -> Option<RunRecord> {
    let bytes = read_artifact(path).ok()?;
    serde_json::from_slice(&bytes)
        .inspect_err(|error| tracing::warn!(%error, "a record of an earlier run is ignored"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::tests::run;

    #[test]
    fn runs_before_ten_of_the_same_are_not_needed() {
        let dir = tempfile::tempdir().unwrap();
        let history = History::at(dir.path(), "dev");
        for number in 1..=20 {
            let mut record = run(number, []);
            record.is_complete = number != 18;
            record.selection = Uuid::from_u128(number % 3 % 2);
            history.save(&record).unwrap();
        }
        let numbers = |selection| {
            let runs = history.runs_to_expect(Uuid::from_u128(selection));
            let numbers = runs.iter().map(|run| run.run_id.as_u128());
            numbers.collect::<Vec<_>>()
        };
        // Two of three runs have selection 0, and number 18 did not come to its end: the tenth is number 5.
        assert_eq!(numbers(0), (5..=20).collect::<Vec<_>>());
        assert_eq!(numbers(1), (1..=20).collect::<Vec<_>>());
    }
}
