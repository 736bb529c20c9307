//! The records of attempts: what each of them did not complete. They are stored beside the journals.

use std::io::{BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use fs_err::OpenOptions;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::Obstacle;

/// Folder of the records, in the folder of the journals.
const RECORDS: &str = "attempts";
const RECORD: &str = "attempt.json";
/// The name under which `dbt retry` looks for its state.
const RESULTS: &str = "run_results.json";
/// How many records are kept.
const MAX_RECORDS: usize = 10;

/// The record of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AttemptRecord {
    pub(crate) run_id: Uuid,
    /// The owned flow run of the attempt.
    pub(crate) flow_run_id: Option<Uuid>,
    pub(crate) ended: Timestamp,
    /// dbt's arguments; for a retry, those of the first attempt.
    pub(crate) args: Vec<String>,
    pub(crate) command: String,
    /// dbt's target folder.
    pub(crate) target: PathBuf,
    pub(crate) invocation_id: Option<String>,
    pub(crate) success: bool,
    /// The nodes that are still to be run, if that is known.
    pub(crate) nodes: Vec<String>,
    /// Why `dbt retry` is not safe to use.
    pub(crate) obstacle: Option<Obstacle>,
}

/// A record and its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SavedAttempt {
    pub(crate) record: AttemptRecord,
    pub(crate) dir: PathBuf,
}

impl SavedAttempt {
    /// The folder, if `dbt retry` can use it as its state: other runs may have removed it.
    pub(crate) fn state(&self) -> Option<&Path> {
        let has_results = self.dir.join(RESULTS).is_file();
        has_results.then_some(self.dir.as_path())
    }
}

/// The records of a project.
#[derive(Debug, Clone)]
pub(crate) struct AttemptRecords {
    dir: PathBuf,
}

impl AttemptRecords {
    /// The records beside the journals in `folder`, which need not exist yet.
    pub(crate) fn beside(folder: &Path) -> Self {
        Self {
            dir: folder.join(RECORDS),
        }
    }

    /// Writes a record that only its owner can read, and removes the oldest ones.
    ///
    /// # Errors
    /// When the record cannot be written. `dbt retry` is not used then.
    pub(crate) fn save(
        &self,
        record: AttemptRecord,
        results: Option<&impl Serialize>,
    ) -> std::io::Result<SavedAttempt> {
        let dir = self.dir.join(record.run_id.to_string());
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)?;
        if let Some(results) = results {
            write_private(&dir.join(RESULTS), results)?;
        }
        write_private(&dir.join(RECORD), &record)?;
        self.trim();
        Ok(SavedAttempt { record, dir })
    }

    /// Removes the record of a run that needs none.
    pub(crate) fn remove(&self, run_id: Uuid) {
        if let Err(error) = fs_err::remove_dir_all(self.dir.join(run_id.to_string())) {
            tracing::debug!(%error, "cannot remove a record");
        }
    }

    /// The newest record for which `fits` is true.
    pub(crate) fn newest(&self, fits: impl Fn(&AttemptRecord) -> bool) -> Option<SavedAttempt> {
        self.folders().into_iter().rev().find_map(|dir| {
            let record: AttemptRecord =
                serde_json::from_slice(&fs_err::read(dir.join(RECORD)).ok()?)
                    .inspect_err(|error| tracing::warn!(%error, "skipping an unreadable record"))
                    .ok()?;
            fits(&record).then_some(SavedAttempt { record, dir })
        })
    }

    /// The folders of records, the oldest first: their names are UUIDv7.
    fn folders(&self) -> Vec<PathBuf> {
        let entries = fs_err::read_dir(&self.dir).into_iter().flatten();
        let mut folders: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        folders.sort();
        folders
    }

    fn trim(&self) {
        let folders = self.folders();
        let surplus = folders.len().saturating_sub(MAX_RECORDS);
        for folder in &folders[..surplus] {
            if let Err(error) = fs_err::remove_dir_all(folder) {
                tracing::warn!(%error, "cannot remove an old record");
            }
        }
    }
}

/// Writes a file that only its owner can read. A kill leaves either the old content or the new.
pub(crate) fn write_private(path: &Path, value: &impl Serialize) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    options.options_mut().mode(0o600);
    let unfinished = path.with_extension("unfinished");
    let mut file = BufWriter::new(options.open(&unfinished)?);
    serde_json::to_writer(&mut file, value)?;
    file.flush()?;
    fs_err::rename(unfinished, path)
}

#[cfg(test)]
impl AttemptRecord {
    /// A `dbt build` that failed before these nodes were done.
    pub(crate) fn failed(nodes: &[&str]) -> Self {
        Self {
            run_id: Uuid::from_u128(1),
            flow_run_id: None,
            ended: Timestamp::UNIX_EPOCH,
            args: vec!["build".to_owned()],
            command: "build".to_owned(),
            target: "target".into(),
            invocation_id: Some("ours".to_owned()),
            success: false,
            nodes: nodes.iter().map(|id| (*id).to_owned()).collect(),
            obstacle: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn record(number: u128, success: bool) -> AttemptRecord {
        AttemptRecord {
            run_id: Uuid::from_u128(number),
            success,
            obstacle: Some(Obstacle::Command("ls".to_owned())),
            ..AttemptRecord::failed(&[])
        }
    }

    #[test]
    fn the_newest_matching_record_is_found_and_the_oldest_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let records = AttemptRecords::beside(dir.path());
        assert_eq!(records.newest(|_| true), None);
        let results = Value::Null;
        for number in 0..15 {
            let kept = records.save(record(number, number > 12), Some(&results));
            assert!(kept.unwrap().state().is_some());
        }
        let found = |fits: fn(&AttemptRecord) -> bool| records.newest(fits).map(|kept| kept.record);
        assert_eq!(found(|_| true), Some(record(14, true)));
        assert_eq!(found(|record| !record.success), Some(record(12, false)));
        assert_eq!(records.folders().len(), MAX_RECORDS);
    }
}
