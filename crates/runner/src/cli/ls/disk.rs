//! The project's files on the disk.

use std::path::{Path, PathBuf};

use dbt_selector::{EntryKind, ProjectFiles};

/// The files below a folder. A file that cannot be read is treated as missing, as by dbt.
pub(super) struct DiskFiles {
    root: PathBuf,
}

impl DiskFiles {
    pub(super) fn below(root: PathBuf) -> Self {
        Self { root }
    }
}

impl ProjectFiles for DiskFiles {
    fn kind(&self, path: &str) -> Option<EntryKind> {
        kind(&self.root.join(path))
    }

    fn entries(&self, path: &str) -> Vec<(String, EntryKind)> {
        let entries = fs_err::read_dir(self.root.join(path))
            .into_iter()
            .flatten()
            .flatten();
        let named = entries.filter_map(|entry| {
            Some((entry.file_name().into_string().ok()?, kind(&entry.path())?))
        });
        named.collect()
    }
}

fn kind(path: &Path) -> Option<EntryKind> {
    if !fs_err::metadata(path).ok()?.is_dir() {
        return Some(EntryKind::File);
    }
    let is_link = fs_err::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    Some(if is_link {
        EntryKind::LinkedDirectory
    } else {
        EntryKind::Directory
    })
}
