//! When manifest.json is read: at the first event that needs it, and again where dbt writes it later.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dbt_events::Event;
use dbt_manifest::Manifest;
use serde::Deserialize;

use crate::dbt::{Capabilities, DbtArgs, ManifestTime, read_manifest};
use crate::track::ASSET_FIELDS;

/// The manifest, or why it cannot be read.
type Reading = Result<Arc<Manifest>, String>;

/// The manifest.json of a run, until it is read.
#[derive(Debug)]
pub(super) struct ManifestFile {
    /// dbt's target folder.
    target: PathBuf,
    /// Whether dbt may write it after the first node.
    may_be_late: bool,
    /// Whether all fields of its nodes are kept, and not only those that every run reads.
    keeps_all_fields: bool,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    /// Nothing has needed it.
    Unread,
    /// It was needed and not there yet.
    Awaited {
        invocation_id: String,
        problem: String,
    },
    /// It was read, or never will be.
    Done,
}

/// Payload of `ArtifactWritten`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ArtifactWritten {
    artifact_type: String,
}

impl ManifestFile {
    /// The manifest that a dbt with these arguments writes to its target folder.
    pub(super) fn new(target: &Path, args: &DbtArgs, capabilities: &Capabilities) -> Self {
        let is_after_nodes =
            capabilities.manifest == ManifestTime::AfterNodes || args.command == "docs generate";
        Self {
            target: target.to_owned(),
            may_be_late: is_after_nodes && args.passed.switch("--write-json") != Some(false),
            keeps_all_fields: true,
            progress: Progress::Unread,
        }
    }

    /// The same, of whose nodes only the fields are kept that every run reads.
    pub(super) fn with_few_fields(self) -> Self {
        Self {
            keeps_all_fields: false,
            ..self
        }
    }

    /// Whether nodes run and the manifest is still to come.
    pub(super) fn is_awaited(&self) -> bool {
        matches!(self.progress, Progress::Awaited { .. })
    }

    /// Reads the manifest if it is due at this event. `is_needed` says whether the event needs it.
    pub(super) fn at_event(&mut self, event: &Event<'_>, is_needed: bool) -> Option<Reading> {
        let is_due = match self.progress {
            Progress::Unread => is_needed,
            Progress::Awaited { .. } => is_manifest_written(event),
            Progress::Done => false,
        };
        if !is_due {
            return None;
        }
        let invocation_id = event.invocation_id().to_owned();
        self.progress = match (self.read(&invocation_id), self.may_be_late) {
            (Err(problem), true) => Progress::Awaited {
                invocation_id,
                problem,
            },
            (reading, _) => {
                self.progress = Progress::Done;
                return Some(reading);
            }
        };
        None
    }

    /// Reads the manifest if it is still awaited when dbt has ended.
    pub(super) fn at_end(&mut self) -> Option<Reading> {
        match std::mem::replace(&mut self.progress, Progress::Done) {
            Progress::Awaited {
                invocation_id,
                problem,
            } => Some(self.read(&invocation_id).map_err(|_| problem)),
            _ => None,
        }
    }

    fn read(&self, invocation_id: &str) -> Reading {
        let mut manifest = read_manifest(&self.target, Some(invocation_id))?;
        if !self.keeps_all_fields
            && let Some(manifest) = Arc::get_mut(&mut manifest)
        {
            manifest.keep_fields(&ASSET_FIELDS);
        }
        Ok(manifest)
    }
}

/// Whether dbt says that it has written manifest.json.
fn is_manifest_written(event: &Event<'_>) -> bool {
    let artifact = || event.data::<ArtifactWritten>().unwrap_or_default();
    event.raw_name() == "ArtifactWritten" && artifact().artifact_type == "WritableManifest"
}

#[cfg(test)]
mod tests {
    use dbt_events::{Line, decode};
    use serde_json::json;

    use super::*;
    use crate::dbt::{CommandLine, DbtVersion};

    /// A manifest file of a dbt of this version.
    fn file(target: &Path, version: &str, words: &[&str]) -> ManifestFile {
        let capabilities = Capabilities::of(&DbtVersion::new(version));
        let args = DbtArgs::of(&CommandLine::parse(words));
        ManifestFile::new(target, &args, capabilities)
    }

    fn write(target: &Path, invocation_id: &str) {
        let schema = "https://schemas.getdbt.com/dbt/manifest/v12.json";
        let metadata = json!({ "dbt_schema_version": schema, "invocation_id": invocation_id });
        let manifest = json!({ "metadata": metadata, "nodes": {} });
        fs_err::write(target.join("manifest.json"), manifest.to_string()).unwrap();
    }

    /// What is read at an event.
    fn at(file: &mut ManifestFile, name: &str, is_needed: bool) -> Option<bool> {
        let info = json!({ "name": name, "invocation_id": "now", "level": "info", "msg": "",
            "ts": "2026-01-01T00:00:00Z", "code": "", "pid": 1, "thread": "" });
        let data = json!({ "artifact_type": "WritableManifest" });
        let line = json!({ "info": info, "data": data }).to_string();
        let Line::Event(event) = decode(&line) else {
            panic!("{line}")
        };
        let reading = file.at_event(&event, is_needed);
        reading.map(|reading| reading.is_ok())
    }

    #[test]
    fn dbt_1_has_written_it_when_it_is_needed() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "now");
        let mut manifest = file(dir.path(), "1.11.16", &["build"]);
        assert_eq!(at(&mut manifest, "ArtifactWritten", false), None);
        assert_eq!(at(&mut manifest, "NodeStart", true), Some(true));
        assert_eq!(at(&mut manifest, "NodeStart", true), None);
        let mut stale = file(dir.path(), "1.11.16", &["build"]);
        write(dir.path(), "before");
        assert_eq!(at(&mut stale, "NodeStart", true), Some(false));
        assert!(!stale.is_awaited() && stale.at_end().is_none());
    }

    #[test]
    fn a_run_that_nothing_looks_into_keeps_what_assets_need() {
        let target =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/fixtures/selection");
        let read = |file: ManifestFile| file.read("").unwrap();
        let file = || file(&target, "1.11.16", &["build"]);
        let (all, few) = (read(file()), read(file().with_few_fields()));
        for (all, few) in all.iter().zip(few.iter()) {
            assert!(few.fields().iter().len() <= ASSET_FIELDS.len());
            let values =
                ASSET_FIELDS.map(|name| (all.fields().value(name), few.fields().value(name)));
            assert!(values.iter().all(|(all, few)| all == few));
        }
        assert!(all.iter().any(|node| !node.description().is_empty()));
    }

    #[test]
    fn dbt_2_writes_it_late_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "before");
        let mut manifest = file(dir.path(), "2.0.0", &["build"]);
        assert_eq!(at(&mut manifest, "NodeStart", true), None);
        assert!(manifest.is_awaited());
        assert_eq!(at(&mut manifest, "NodeFinished", true), None);
        write(dir.path(), "now");
        assert_eq!(at(&mut manifest, "ArtifactWritten", false), Some(true));
        assert!(!manifest.is_awaited());
    }

    #[test]
    fn it_is_read_at_the_end_if_no_event_announces_it() {
        let dir = tempfile::tempdir().unwrap();
        for (is_written, command) in [(true, "docs generate"), (false, "docs generate")] {
            write(dir.path(), "before");
            let words: Vec<&str> = command.split(' ').collect();
            let mut manifest = file(dir.path(), "1.11.16", &words);
            assert_eq!(at(&mut manifest, "NodeStart", true), None);
            if is_written {
                write(dir.path(), "now");
            }
            assert_eq!(
                manifest.at_end().map(|reading| reading.is_ok()),
                Some(is_written)
            );
        }
        let mut never = file(dir.path(), "2.0.0", &["build", "--no-write-json"]);
        assert_eq!(at(&mut never, "NodeStart", true), Some(false));
    }
}
