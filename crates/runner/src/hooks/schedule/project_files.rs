//! Whether the files of a project may have changed.

use std::path::Path;
use std::time::SystemTime;

use fs_err::DirEntry;

use crate::dbt::{PROFILES_FILE, read_config, read_config_text};

/// Extensions of the files that make up a project.
const PROJECT_FILES: [&str; 6] = ["sql", "yml", "yaml", "py", "csv", "md"];
/// Of these, the ones with Jinja.
const WITH_JINJA: [&str; 4] = ["sql", "yml", "yaml", "py"];
/// Folders of the project that hold only what dbt writes.
const OUTPUT_FOLDERS: [&str; 2] = ["target", "logs"];

/// Whether dbt may read the project differently than at `since`: a file or folder has changed, or a file reads an
/// environment variable.
pub(super) fn may_have_changed(
    root: &Path,
    target: &Path,
    profiles: Option<&Path>,
    since: SystemTime,
) -> bool {
    let files = ProjectFiles {
        root,
        target,
        since,
    };
    profiles.is_some_and(|file| profiles_may_have_changed(file, since))
        || files.folder_may_have_changed(root)
}

struct ProjectFiles<'a> {
    root: &'a Path,
    target: &'a Path,
    since: SystemTime,
}

impl ProjectFiles<'_> {
    /// The root folder itself also changes with logs and databases, so its own time does not count. The folders in it
    /// change when files are added and removed.
    fn folder_may_have_changed(&self, dir: &Path) -> bool {
        let Ok(entries) = fs_err::read_dir(dir) else {
            return true;
        };
        entries
            .flatten()
            .any(|entry| self.entry_may_have_changed(&entry, dir == self.root))
    }

    fn entry_may_have_changed(&self, entry: &DirEntry, in_root: bool) -> bool {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let Ok(kind) = entry.file_type() else {
            return true;
        };
        if kind.is_dir() || (kind.is_symlink() && path.is_dir()) {
            if path == self.target
                || name.starts_with('.')
                || in_root && OUTPUT_FOLDERS.contains(&&*name)
            {
                return false;
            }
            // dbt follows links to folders. They may lead anywhere, or in a circle, so what is behind them counts as
            // changed.
            return kind.is_symlink()
                || has_changed(&path, self.since)
                || self.folder_may_have_changed(&path);
        }
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        if !PROJECT_FILES.contains(&&*extension) || in_root && name == PROFILES_FILE {
            return false;
        }
        has_changed(&path, self.since)
            || WITH_JINJA.contains(&&*extension)
                && read_config(&path).is_ok_and(|text| contains(&text, b"env_var"))
    }
}

/// Whether a profiles.yml has changed, or chooses its target by Jinja.
fn profiles_may_have_changed(file: &Path, since: SystemTime) -> bool {
    let Ok(text) = read_config_text(file) else {
        return false;
    };
    let has_jinja = |line: &str| line.trim_start().starts_with("target:") && line.contains("{{");
    has_changed(file, since) || text.lines().any(has_jinja)
}

/// Whether a file or folder was modified at `since` or later. True if its time cannot be read.
fn has_changed(path: &Path, since: SystemTime) -> bool {
    let modified = fs_err::metadata(path).and_then(|data| data.modified());
    modified.map_or(true, |at| at >= since)
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    #[test]
    fn links_to_folders_are_not_followed_and_count_as_changed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir(root.join("models")).unwrap();
        let later = SystemTime::now() + Duration::from_secs(3600);
        let target = root.join("target");
        assert!(!may_have_changed(root, &target, None, later));
        std::os::unix::fs::symlink(root, root.join("models/loop")).unwrap();
        assert!(may_have_changed(root, &target, None, later));
    }
}
