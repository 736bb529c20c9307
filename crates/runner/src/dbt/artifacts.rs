//! Reads dbt's artifacts in the target folder.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use dbt_manifest::{Manifest, RunResult, RunResults, Sources, without_non_finite};
use jiff::Timestamp;

use super::bounded_file::{open_artifact, read_artifact};

/// Name of the manifest in the target folder.
const MANIFEST: &str = "manifest.json";
/// Name of the results in the target folder.
const RUN_RESULTS: &str = "run_results.json";
/// Name of the results of freshness checks in the target folder.
const SOURCES: &str = "sources.json";

/// Reads the manifest in a target folder. With an invocation id, a manifest of another invocation of dbt is an error.
pub(crate) fn read_manifest(
    target: &Path,
    invocation_id: Option<&str>,
) -> Result<Arc<Manifest>, String> {
    let path = target.join(MANIFEST);
    // dbt may be writing the file at this moment.
    let manifest = read_manifest_file(&path).or_else(|_| read_manifest_file(&path))?;
    match (manifest.metadata().invocation_id.as_deref(), invocation_id) {
        (Some(found), Some(expected)) if !expected.is_empty() && found != expected => Err(format!(
            "{} belongs to another invocation of dbt",
            path.display()
        )),
        _ => Ok(Arc::new(manifest)),
    }
}

/// Reads a manifest.json.
fn read_manifest_file(path: &Path) -> Result<Manifest, String> {
    let bytes =
        read_artifact(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Manifest::from_vec(bytes).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// When dbt wrote a manifest. `None` if it does not say.
pub(crate) fn written_at(manifest: &Manifest) -> Option<SystemTime> {
    let text = manifest.metadata().generated_at.as_deref()?;
    text.parse::<Timestamp>().ok().map(SystemTime::from)
}

/// Reads the results of the last invocation of dbt in a target folder, but for those that are not wanted. `None` if they are
/// missing or cannot be read.
pub(crate) fn read_run_results(
    target: &Path,
    wanted: impl Fn(&RunResult) -> bool,
) -> Option<RunResults> {
    stream_artifact(&target.join(RUN_RESULTS), |text| {
        RunResults::from_reader_where(text, &wanted)
    })?
    .inspect_err(|error| tracing::warn!(%error, "cannot read run_results.json, which is ignored"))
    .ok()
}

/// Reads an artifact piece by piece: of a large build, most of it is code, which does not get into memory as a whole. Python's
/// numbers that are not finite count as null. `None` if the file cannot be opened.
pub(crate) fn stream_artifact<T, E>(
    path: &Path,
    read: impl Fn(&mut dyn Read) -> Result<T, E>,
) -> Option<Result<T, E>> {
    let mut file = open_artifact(path).ok()?;
    Some(read(&mut file).or_else(|error| {
        let text = read_artifact(path).unwrap_or_default();
        match without_non_finite(&text) {
            Some(text) => read(&mut text.as_slice()),
            None => Err(error),
        }
    }))
}

/// Reads the results of freshness checks in a target folder, of whichever invocation. `None` if they are missing or cannot
/// be read.
pub(crate) fn read_sources(target: &Path) -> Option<Sources> {
    let bytes = read_artifact(&target.join(SOURCES)).ok()?;
    Sources::from_slice(&bytes)
        .inspect_err(|error| tracing::warn!(%error, "sources.json is ignored"))
        .ok()
}
