//! The pages of the documentation, and their samples.

#![expect(
    clippy::unwrap_used,
    reason = "a page that cannot be read fails the test"
)]

use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages of the book, its table of contents, and the two README.md that are not tests of a crate, with their texts.
pub(crate) fn pages() -> Vec<(PathBuf, String)> {
    let files = fs_err::read_dir(repository().join("docs")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let readme = ["README.md", "crates/runner/python/README.md"];
    let mut paths: Vec<PathBuf> = files
        .chain(readme.map(|name| repository().join(name)))
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs_err::read_to_string(&path).unwrap();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// A code block of a page.
pub(crate) struct Sample {
    pub(crate) page: PathBuf,
    /// Its first line, counted from 1.
    pub(crate) line: usize,
    /// What follows the fence: its language, and for Rust how it is tested.
    pub(crate) language: String,
    pub(crate) text: String,
}

impl Sample {
    /// Where it is.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.page.display(), self.line)
    }
}

/// The code blocks of all pages.
pub(crate) fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for (page, text) in pages() {
        let mut open: Option<Sample> = None;
        for (index, line) in text.lines().enumerate() {
            match (line.strip_prefix("```"), &mut open) {
                (Some(language), None) => {
                    open = Some(Sample {
                        page: page.clone(),
                        line: index + 2,
                        language: language.to_owned(),
                        text: String::new(),
                    });
                }
                (Some(_), Some(_)) => samples.extend(open.take()),
                (None, Some(sample)) => {
                    sample.text += line;
                    sample.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a fence is open", page.display());
    }
    samples
}
