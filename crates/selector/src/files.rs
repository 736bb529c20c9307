//! The files of a project, for the method `path:`.

use std::collections::BTreeMap;

/// The type of a file system entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "`path:` distinguishes only these")]
pub enum EntryKind {
    /// A file, or anything else that is not a directory.
    File,
    /// A directory.
    Directory,
    /// A symbolic link to a directory. `**` does not descend into it; all other patterns do.
    LinkedDirectory,
}

impl EntryKind {
    /// Whether the entry can have entries below it.
    #[must_use]
    pub fn is_directory(self) -> bool {
        self != Self::File
    }
}

/// The files of a project. Paths are relative to the root directory and separated by `/`; the root is `""`.
///
/// [`Listing`] holds them in memory. A program that reads the file system implements the trait. It is called only for paths
/// that a pattern can match.
pub trait ProjectFiles {
    /// The type of the entry at `path`; `None` if there is none.
    fn kind(&self, path: &str) -> Option<EntryKind>;

    /// The names in the directory `path`, in any order. Empty if it cannot be read.
    fn entries(&self, path: &str) -> Vec<(String, EntryKind)>;
}

/// The files of a project in memory.
///
/// ```
/// use dbt_selector::{EntryKind, Listing, ProjectFiles};
///
/// let files = Listing::new(["seeds"], ["models/orders.sql"]);
/// assert_eq!(files.kind("models"), Some(EntryKind::Directory));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Listing {
    directories: BTreeMap<String, BTreeMap<String, EntryKind>>,
}

impl Listing {
    /// A listing of these directories and files. The directories above them are added.
    pub fn new<D, F>(
        directories: impl IntoIterator<Item = D>,
        files: impl IntoIterator<Item = F>,
    ) -> Self
    where
        D: AsRef<str>,
        F: AsRef<str>,
    {
        let mut listing = Self::default();
        listing.directories.entry(String::new()).or_default();
        for path in directories {
            listing.add(path.as_ref(), EntryKind::Directory);
        }
        for path in files {
            listing.add(path.as_ref(), EntryKind::File);
        }
        listing
    }

    fn add(&mut self, path: &str, kind: EntryKind) {
        let mut parent = String::new();
        let mut names = path
            .split('/')
            .filter(|name| !matches!(*name, "" | "."))
            .peekable();
        while let Some(name) = names.next() {
            let kind = if names.peek().is_some() {
                EntryKind::Directory
            } else {
                kind
            };
            let siblings = self.directories.entry(parent.clone()).or_default();
            siblings.entry(name.to_owned()).or_insert(kind);
            parent = join(&parent, name);
            if kind == EntryKind::Directory {
                self.directories.entry(parent.clone()).or_default();
            }
        }
    }
}

impl ProjectFiles for Listing {
    fn kind(&self, path: &str) -> Option<EntryKind> {
        if self.directories.contains_key(path) {
            return Some(EntryKind::Directory);
        }
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.directories.get(parent)?.get(name).copied()
    }

    fn entries(&self, path: &str) -> Vec<(String, EntryKind)> {
        let entries = self.directories.get(path).into_iter().flatten();
        entries.map(|(name, kind)| (name.clone(), *kind)).collect()
    }
}

/// The path of `name` in the directory `parent`.
pub(crate) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}/{name}")
    }
}
