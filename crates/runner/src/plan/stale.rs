//! Which files of a project changed after dbt wrote its manifest, by their size and time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use dbt_manifest::{Manifest, ResourceType};

/// A file of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundFile {
    /// Relative to the project, with `/`.
    pub(crate) path: String,
    /// In bytes.
    pub(crate) size: u64,
    /// When it was last written. `None` if the file system does not say.
    pub(crate) modified: Option<SystemTime>,
}

/// Why the manifest may no longer be what dbt would write: a sentence for each file that is newer, shorter than its code in
/// the manifest, or gone. Empty if it is up to date. `written` is when dbt wrote it, `project` the name of the project:
/// files of packages are not looked at.
pub(crate) fn stale_files(
    manifest: &Manifest,
    project: Option<&str>,
    files: &[FoundFile],
    written: Option<SystemTime>,
) -> Vec<String> {
    let code = code_sizes(manifest, project);
    let mut stale = Vec::new();
    for file in files {
        let is_newer = match (file.modified, written) {
            (Some(modified), Some(written)) => modified >= written,
            _ => false,
        };
        let is_shorter = code
            .get(file.path.as_str())
            .is_some_and(|size| file.size < *size);
        if is_newer {
            stale.push(format!("{} is newer than the manifest", file.path));
        } else if is_shorter {
            stale.push(format!(
                "{} is shorter than its code in the manifest",
                file.path
            ));
        }
    }
    let found: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let gone = code.keys().filter(|path| !found.contains(*path));
    stale.extend(gone.map(|path| format!("{path} does not exist any more")));
    stale
}

/// The length of the code of each file of the project that holds one model, in bytes.
fn code_sizes<'m>(manifest: &'m Manifest, project: Option<&str>) -> BTreeMap<&'m str, u64> {
    let models = manifest.iter().filter(|node| {
        node.resource_type == ResourceType::Model && Some(&*node.package_name) == project
    });
    models
        .map(|node| {
            let size = node.code_size.try_into().unwrap_or(u64::MAX);
            (&*node.original_file_path, size)
        })
        .collect()
}
