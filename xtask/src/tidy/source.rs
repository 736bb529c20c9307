//! The files of the workspace, read once for all rules.

use std::path::{Path, PathBuf};

use anyhow::Result;

/// Folders and files that are generated or belong to others.
const FOREIGN: [&str; 6] = [
    ".git",
    "target",
    "logs",
    "dbt_packages",
    ".prefect-dbt",
    "__pycache__",
];

/// Every text file below the root.
pub(super) struct Tree {
    pub(super) files: Vec<File>,
}

/// A text file.
pub(super) struct File {
    /// Relative to the root, with `/` between components.
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Tree {
    /// Reads the tree; files that are not UTF-8 are left out.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut tree = Self { files: Vec::new() };
        tree.read_dir(root, root)?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    fn read_dir(&mut self, root: &Path, dir: &Path) -> Result<()> {
        for entry in fs_err::read_dir(dir)? {
            let entry = entry?;
            // `.git` is a file where git has several work trees.
            if FOREIGN.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                self.read_dir(root, &entry.path())?;
            } else if let Ok(text) = String::from_utf8(fs_err::read(entry.path())?) {
                let path = entry.path().strip_prefix(root)?.to_path_buf();
                self.files.push(File { path, text });
            }
        }
        Ok(())
    }

    /// Files in Rust.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.has_extension("rs"))
    }

    /// Files in Rust that go into a package: no tests, no examples.
    pub(super) fn production(&self, crate_dir: &str) -> impl Iterator<Item = &File> + use<'_> {
        self.sources(&Path::new("crates").join(crate_dir).join("src"))
    }

    /// Files in Rust below `src` that are not tests.
    pub(super) fn sources(&self, src: &Path) -> impl Iterator<Item = &File> + use<'_> {
        let src = src.to_path_buf();
        self.rust()
            .filter(move |file| file.path.starts_with(&src) && !file.is_test())
    }

    /// A tree of these paths and texts.
    #[cfg(test)]
    pub(super) fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let file = |(path, text): (&str, &str)| File {
            path: path.into(),
            text: text.to_owned(),
        };
        Self {
            files: files.into_iter().map(file).collect(),
        }
    }
}

impl File {
    pub(super) fn has_extension(&self, extension: &str) -> bool {
        self.path
            .extension()
            .is_some_and(|found| found == extension)
    }

    pub(super) fn name(&self) -> &str {
        self.path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
    }

    pub(super) fn is_test(&self) -> bool {
        self.name() == "tests.rs"
            || self
                .path
                .components()
                .any(|part| part.as_os_str() == "tests")
    }

    /// Lines of code, numbered from 1, without comments and without the tests at the end of the file.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
            .take_while(|(_, line)| *line != "#[cfg(test)]")
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}
