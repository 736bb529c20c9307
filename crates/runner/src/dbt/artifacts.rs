//! The artifacts that dbt leaves, read for one invocation.

use std::path::Path;
use std::sync::Arc;

use dbt_manifest::{Manifest, RunResults};

/// Name of the manifest in the target folder.
const MANIFEST: &str = "manifest.json";
/// Name of the results in the target folder.
const RUN_RESULTS: &str = "run_results.json";

/// The manifest that this invocation of dbt wrote; else what is wrong with the one that is there.
pub(crate) fn read_manifest(target: &Path, invocation_id: &str) -> Result<Arc<Manifest>, String> {
    let path = target.join(MANIFEST);
    let read = || -> Result<Manifest, String> {
        let bytes = fs_err::read(&path).map_err(|error| error.to_string())?;
        Manifest::from_vec(bytes).map_err(|error| format!("{}: {error}", path.display()))
    };
    // dbt may be writing it at this moment.
    let manifest = read().or_else(|_| read())?;
    match manifest.metadata().invocation_id.as_deref() {
        Some(theirs) if !invocation_id.is_empty() && theirs != invocation_id => {
            Err(format!("{} is of another invocation", path.display()))
        }
        _ => Ok(Arc::new(manifest)),
    }
}

/// The results in the target folder, of whichever invocation; `None` when there are none that can be read.
pub(crate) fn read_run_results(target: &Path) -> Option<RunResults> {
    let bytes = fs_err::read(target.join(RUN_RESULTS)).ok()?;
    RunResults::from_slice(&bytes)
        .inspect_err(|error| tracing::warn!(%error, "run_results.json is passed over"))
        .ok()
}
