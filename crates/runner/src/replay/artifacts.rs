//! The artifacts that belong to a stored log.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dbt_manifest::{Manifest, RunResults};

use super::error::ReplayError;

/// The artifacts that are there for the invocations of a log.
#[derive(Debug, Default)]
pub(super) struct Artifacts {
    manifest: Option<Arc<Manifest>>,
    results: Option<RunResults>,
    /// Whether the user has named the manifest.
    is_named: bool,
}

impl Artifacts {
    /// Reads the manifest that is named, else the one that lies where dbt puts it, and the results beside it.
    ///
    /// # Errors
    /// When the manifest is named and cannot be read.
    pub(super) fn read(named: Option<&Path>, log: &Path) -> Result<Self, ReplayError> {
        let path = match named {
            Some(path) => path.to_path_buf(),
            None => match usual(log) {
                Some(path) => path,
                None => return Ok(Self::default()),
            },
        };
        let bytes = fs_err::read(&path).map_err(|error| error.to_string());
        let manifest = bytes.and_then(|bytes| {
            Manifest::from_vec(bytes).map_err(|error| format!("{}: {error}", path.display()))
        });
        let manifest = match manifest {
            Ok(manifest) => Some(Arc::new(manifest)),
            Err(problem) if named.is_some() => return Err(ReplayError::Manifest { problem }),
            Err(_) => None,
        };
        let results = fs_err::read(path.with_file_name("run_results.json")).ok();
        Ok(Self {
            manifest,
            results: results.and_then(|bytes| RunResults::from_slice(&bytes).ok()),
            is_named: named.is_some(),
        })
    }

    /// The manifest for an invocation, and what there is to object to it. One that nobody named must be of the same
    /// invocation.
    pub(super) fn manifest(&self, invocation_id: &str) -> (Option<&Arc<Manifest>>, Option<String>) {
        let lacking = |why: &str| {
            format!("the invocation {invocation_id} gets task runs without edges and assets: {why}")
        };
        let Some(manifest) = &self.manifest else {
            return (
                None,
                Some(lacking("name its manifest.json with --manifest")),
            );
        };
        match (manifest.metadata().invocation_id.as_deref(), self.is_named) {
            (Some(theirs), true) if theirs != invocation_id => {
                let doubt = format!(
                    "the manifest is of the invocation {theirs}, and edges and assets of {invocation_id} are shown as it has them"
                );
                (Some(manifest), Some(doubt))
            }
            (Some(theirs), false) if theirs != invocation_id => {
                let why =
                    "the manifest that is there is of another; name the right one with --manifest";
                (None, Some(lacking(why)))
            }
            _ => (Some(manifest), None),
        }
    }

    /// The results, of whichever invocation.
    pub(super) fn results(&self) -> Option<&RunResults> {
        self.results.as_ref()
    }
}

/// Where the manifest of a log is in a project: dbt logs into `logs`, or beside it.
fn usual(log: &Path) -> Option<PathBuf> {
    let folder = log.parent()?;
    let places = [
        folder.join("manifest.json"),
        folder.join("target/manifest.json"),
        folder.join("../target/manifest.json"),
    ];
    places.into_iter().find(|path| path.is_file())
}
