//! The files of a project that dbt reads.

use std::path::{Path, PathBuf};

use crate::dbt::{PROJECT_FILE, Project};
use crate::plan::FoundFile;

/// The files in the root of a project that dbt reads.
const ROOT_FILES: [&str; 5] = [
    PROJECT_FILE,
    "packages.yml",
    "dependencies.yml",
    "package-lock.yml",
    "selectors.yml",
];
/// Extensions of the files in the folders that dbt reads.
const EXTENSIONS: [&str; 6] = ["sql", "yml", "yaml", "py", "csv", "md"];
/// How many files and folders are looked at: a link may lead to a folder of any size.
const MOST_ENTRIES: usize = 100_000;

/// The files of the project that dbt reads, in the order of their paths. What cannot be read is left out.
pub(super) fn project_files(project: &Project) -> Vec<FoundFile> {
    let mut files: Vec<FoundFile> = ROOT_FILES
        .iter()
        .filter_map(|name| found(&project.root, PathBuf::from(name)))
        .collect();
    let mut open: Vec<PathBuf> = project.sources.clone();
    let mut entries = 0;
    while let Some(dir) = open.pop() {
        let listed = fs_err::read_dir(project.root.join(&dir));
        for entry in listed.into_iter().flatten().flatten() {
            entries += 1;
            let path = dir.join(entry.file_name());
            let is_folder = entry.file_type().is_ok_and(|kind| {
                kind.is_dir() || kind.is_symlink() && project.root.join(&path).is_dir()
            });
            if is_folder {
                open.push(path);
            } else if is_read(&path) {
                files.extend(found(&project.root, path));
            }
        }
        if entries > MOST_ENTRIES {
            break;
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup();
    files
}

fn is_read(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

fn found(root: &Path, path: PathBuf) -> Option<FoundFile> {
    let data = fs_err::metadata(root.join(&path)).ok()?;
    Some(FoundFile {
        path: path.into_os_string().into_string().ok()?,
        size: data.len(),
        modified: data.modified().ok(),
    })
}
