//! The manifest and the results that belong to a stored log.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dbt_manifest::{Manifest, RunResults, Sources};

use super::error::ReplayError;
use crate::dbt::{read_artifact, read_sources};

/// The artifacts that were found for the invocations of a log.
#[derive(Debug, Default)]
pub(super) struct Artifacts {
    manifest: Option<Arc<Manifest>>,
    results: Option<RunResults>,
    sources: Option<Sources>,
    /// Whether the user has given the path of the manifest.
    is_named: bool,
}

impl Artifacts {
    /// Reads the given manifest, else the one where dbt writes it, and the results beside it.
    ///
    /// # Errors
    /// When a manifest is given and cannot be read.
    pub(super) fn read(named: Option<&Path>, log: &Path) -> Result<Self, ReplayError> {
        let path = match named {
            Some(path) => path.to_path_buf(),
            None => match default_path(log) {
                Some(path) => path,
                None => return Ok(Self::default()),
            },
        };
        let bytes = read_artifact(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()));
        let manifest = bytes.and_then(|bytes| {
            Manifest::from_vec(bytes).map_err(|error| format!("{}: {error}", path.display()))
        });
        let manifest = match manifest {
            Ok(manifest) => Some(Arc::new(manifest)),
            Err(problem) if named.is_some() => return Err(ReplayError::Manifest { problem }),
            Err(_) => None,
        };
        let results = read_artifact(&path.with_file_name("run_results.json")).ok();
        Ok(Self {
            manifest,
            results: results.and_then(|bytes| RunResults::from_slice(&bytes).ok()),
            sources: path.parent().and_then(read_sources),
            is_named: named.is_some(),
        })
    }

    /// The manifest for an invocation, and a warning about it. A manifest that was not given must be of the same invocation.
    pub(super) fn manifest(&self, invocation_id: &str) -> (Option<&Arc<Manifest>>, Option<String>) {
        let lacking = |why: &str| {
            format!("task runs of invocation {invocation_id} have no edges and no assets: {why}")
        };
        let Some(manifest) = &self.manifest else {
            return (
                None,
                Some(lacking("no manifest was found; give it with --manifest")),
            );
        };
        match (manifest.metadata().invocation_id.as_deref(), self.is_named) {
            (Some(theirs), true) if theirs != invocation_id => {
                let warning = format!(
                    "edges and assets of invocation {invocation_id} may be wrong: the manifest is of invocation {theirs}"
                );
                (Some(manifest), Some(warning))
            }
            (Some(theirs), false) if theirs != invocation_id => {
                let why =
                    "the manifest is of another invocation; give the right one with --manifest";
                (None, Some(lacking(why)))
            }
            _ => (Some(manifest), None),
        }
    }

    /// The results of freshness checks, of any invocation.
    pub(super) fn sources(&self) -> Option<&Sources> {
        self.sources.as_ref()
    }

    /// The results, of any invocation.
    pub(super) fn results(&self) -> Option<&RunResults> {
        self.results.as_ref()
    }
}

/// Where the manifest for a log is usually: dbt writes logs to `logs`, beside `target`.
fn default_path(log: &Path) -> Option<PathBuf> {
    let folder = log.parent()?;
    let places = [
        folder.join("manifest.json"),
        folder.join("target/manifest.json"),
        folder.join("../target/manifest.json"),
    ];
    places.into_iter().find(|path| path.is_file())
}
