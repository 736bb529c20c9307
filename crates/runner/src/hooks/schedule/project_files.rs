//! Whether the files of a project may have changed.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fs_err::DirEntry;

use crate::dbt::{PROFILES_FILE, read_config, read_config_text};

/// Extensions of the files that make up a project.
const PROJECT_FILES: [&str; 6] = ["sql", "yml", "yaml", "py", "csv", "md"];
/// Of these, the ones with Jinja.
const WITH_JINJA: [&str; 4] = ["sql", "yml", "yaml", "py"];
/// Folders of the project that hold only what dbt writes.
const OUTPUT_FOLDERS: [&str; 2] = ["target", "logs"];

/// How many files and folders are looked at. A link may lead to a folder of any size; then the project counts as changed.
const MOST_ENTRIES: usize = 100_000;

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
        followed: RefCell::new(fs_err::canonicalize(root).into_iter().collect()),
        entries: Cell::new(0),
    };
    profiles.is_some_and(|file| profiles_may_have_changed(file, since))
        || files.folder_may_have_changed(root)
}

struct ProjectFiles<'a> {
    root: &'a Path,
    target: &'a Path,
    since: SystemTime,
    /// The folders that links lead to, and the root.
    followed: RefCell<HashSet<PathBuf>>,
    /// The number of files and folders so far.
    entries: Cell<usize>,
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
        self.entries.set(self.entries.get() + 1);
        if self.entries.get() > MOST_ENTRIES {
            return true;
        }
        if kind.is_dir() || (kind.is_symlink() && path.is_dir()) {
            if path == self.target
                || name.starts_with('.')
                || in_root && OUTPUT_FOLDERS.contains(&&*name)
            {
                return false;
            }
            if kind.is_symlink() {
                return self.link_may_have_changed(&path);
            }
            return has_changed(&path, self.since) || self.folder_may_have_changed(&path);
        }
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        if !PROJECT_FILES.contains(&&*extension) || in_root && name == PROFILES_FILE {
            return false;
        }
        has_changed(&path, self.since)
            || WITH_JINJA.contains(&&*extension)
                && read_config(&path).is_ok_and(|text| contains(&text, b"env_var"))
    }

    /// dbt follows links to folders, as `dbt deps` makes them for local packages. They may lead in a circle.
    fn link_may_have_changed(&self, link: &Path) -> bool {
        let Ok(folder) = fs_err::canonicalize(link) else {
            return true;
        };
        let is_new = self.followed.borrow_mut().insert(folder.clone());
        let is_replaced = fs_err::symlink_metadata(link)
            .and_then(|link| link.modified())
            .map_or(true, |at| at >= self.since);
        is_replaced
            || is_new && (has_changed(&folder, self.since) || self.folder_may_have_changed(&folder))
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

    /// A folder with a file, both older than `since`.
    fn old_folder(path: &Path, since: SystemTime) {
        fs::create_dir(path).unwrap();
        fs::write(path.join("a.sql"), "select 1").unwrap();
        age(&path.join("a.sql"), since);
        age(path, since);
    }

    fn age(path: &Path, since: SystemTime) {
        let old = since - Duration::from_secs(3600);
        fs::File::open(path).unwrap().set_modified(old).unwrap();
    }

    #[test]
    fn links_to_folders_are_followed_once() {
        let place = tempfile::tempdir().unwrap();
        let (root, package) = (place.path().join("shop"), place.path().join("package"));
        fs::create_dir(&root).unwrap();
        let since = SystemTime::now() + Duration::from_secs(3600);
        old_folder(&root.join("models"), since);
        old_folder(&package, since);
        let has_changed = || may_have_changed(&root, &root.join("target"), None, since);
        for (name, to) in [("package", &package), ("loop", &root), ("self", &package)] {
            std::os::unix::fs::symlink(to, root.join(name)).unwrap();
            assert!(!has_changed(), "{name}");
        }
        fs::File::open(package.join("a.sql"))
            .unwrap()
            .set_modified(since)
            .unwrap();
        assert!(has_changed());
    }

    #[test]
    fn a_link_to_nothing_or_to_another_folder_is_a_change() {
        let place = tempfile::tempdir().unwrap();
        let now = SystemTime::now() + Duration::from_secs(3600);
        let has_changed =
            |since| may_have_changed(place.path(), &place.path().join("target"), None, since);
        assert!(!has_changed(now));
        let package = place.path().join("models");
        std::os::unix::fs::symlink("/", place.path().join("everything")).unwrap();
        assert!(has_changed(SystemTime::UNIX_EPOCH), "the link is new");
        fs::remove_file(place.path().join("everything")).unwrap();
        std::os::unix::fs::symlink(place.path().join("absent"), package).unwrap();
        assert!(!has_changed(now), "not a folder");
    }
}
