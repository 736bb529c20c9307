//! The records of the last runs of a project and target on disk, one file a run.

use std::path::{Path, PathBuf};

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

    /// The records, the oldest first. One that cannot be read is left out.
    pub(crate) fn runs(&self) -> Vec<RunRecord> {
        self.files().iter().filter_map(|path| read(path)).collect()
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
