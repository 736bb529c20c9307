//! The project's files, as far as `path:` has to know them.

use std::collections::BTreeMap;

/// What a path of the project leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A file, or anything else that is no directory.
    File,
    /// A directory.
    Directory,
    /// A symbolic link to a directory: `**` does not descend into it, everything else does.
    LinkedDirectory,
}

impl EntryKind {
    /// Whether the path has entries below it.
    pub fn is_directory(self) -> bool {
        self != Self::File
    }
}

/// The files below the project's root directory. Paths are relative to it, parted by `/`; the root itself is `""`.
///
/// [`Listing`] holds them in memory; a program that reads the disk implements the trait, and is asked only for what a
/// pattern can match.
pub trait ProjectFiles {
    /// What `path` leads to; `None` if there is nothing.
    fn kind(&self, path: &str) -> Option<EntryKind>;

    /// The names in the directory `path`, in any order; none if it cannot be read.
    fn entries(&self, path: &str) -> Vec<(String, EntryKind)>;
}

/// A listing in memory.
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
    /// A listing of these directories and files; directories above them need not be named.
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

/// `name` in the directory `parent`.
pub(crate) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}/{name}")
    }
}
