//! The patterns of `path:`, matched like `pathlib.Path.glob` in Python 3.11.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::files::{EntryKind, ProjectFiles, join};
use crate::fnmatch::Pattern;

/// An invalid pattern. dbt fails with a Python error for each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GlobError {
    /// The pattern is empty.
    #[error("a path cannot be empty")]
    Empty,
    /// The pattern is an absolute path.
    #[error("a path must be relative to the project")]
    Absolute,
    /// The pattern consists of dots and slashes.
    #[error("a path cannot be the project directory itself")]
    OnlyRoot,
    /// `**` together with other characters between two slashes.
    #[error("`**` must stand alone between two slashes")]
    PartialRecursion,
}

impl GlobError {
    /// What to write instead.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Empty => "write the path of a file or directory in the project",
            Self::Absolute => "write the path relative to the project directory",
            Self::OnlyRoot => "`path:**` selects everything in the project",
            Self::PartialRecursion => {
                "write `**/*.sql` for all levels, or a single `*` for one level"
            }
        }
    }
}

/// The existing paths that `pattern` matches, relative to the project. The root is `"."`.
///
/// A path with a parent directory (`..`) is never returned, because dbt compares such paths as texts.
///
/// # Errors
/// See [`GlobError`].
pub(crate) fn glob(pattern: &str, files: &dyn ProjectFiles) -> Result<BTreeSet<String>, GlobError> {
    let steps = steps(pattern)?;
    let mut found = BTreeSet::new();
    if !steps.contains(&Step::Name("..")) {
        Walk {
            files,
            found: &mut found,
        }
        .follow(String::new(), &steps);
    }
    Ok(found)
}

/// One component of a pattern.
#[derive(Debug, PartialEq)]
enum Step<'a> {
    Name(&'a str),
    Wildcard(&'a str),
    AnyDepth,
    /// A slash at the end: only directories match.
    End,
}

fn steps(pattern: &str) -> Result<Vec<Step<'_>>, GlobError> {
    if pattern.is_empty() {
        return Err(GlobError::Empty);
    }
    if pattern.starts_with('/') {
        return Err(GlobError::Absolute);
    }
    let names = pattern.split('/').filter(|name| !matches!(*name, "" | "."));
    let mut steps = names.map(step).collect::<Result<Vec<_>, _>>()?;
    if steps.is_empty() {
        return Err(GlobError::OnlyRoot);
    }
    if pattern.ends_with('/') {
        steps.push(Step::End);
    }
    Ok(steps)
}

fn step(name: &str) -> Result<Step<'_>, GlobError> {
    match name {
        "**" => Ok(Step::AnyDepth),
        name if name.contains("**") => Err(GlobError::PartialRecursion),
        name if name.contains(['*', '?', '[']) => Ok(Step::Wildcard(name)),
        name => Ok(Step::Name(name)),
    }
}

struct Walk<'a> {
    files: &'a dyn ProjectFiles,
    found: &'a mut BTreeSet<String>,
}

impl Walk<'_> {
    /// Follows the remaining `steps` from the existing path `at`.
    fn follow(&mut self, at: String, steps: &[Step<'_>]) {
        let Some((step, rest)) = steps.split_first() else {
            self.found
                .insert(if at.is_empty() { ".".into() } else { at });
            return;
        };
        let fits = |kind: EntryKind| rest.is_empty() || kind.is_directory();
        match *step {
            Step::End => self.follow(at, rest),
            Step::Name(name) => {
                let path = join(&at, name);
                if self.files.kind(&path).is_some_and(fits) {
                    self.follow(path, rest);
                }
            }
            Step::Wildcard(pattern) => {
                let pattern = Pattern::new(pattern);
                for (name, kind) in self.files.entries(&at) {
                    if fits(kind) && pattern.matches(&name) {
                        self.follow(join(&at, &name), rest);
                    }
                }
            }
            Step::AnyDepth => self.descend(at, rest),
        }
    }

    /// Follows `steps` from the directory `at` and from all directories below it.
    fn descend(&mut self, at: String, steps: &[Step<'_>]) {
        for (name, kind) in self.files.entries(&at) {
            if kind == EntryKind::Directory {
                self.descend(join(&at, &name), steps);
            }
        }
        self.follow(at, steps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Listing;

    fn found(pattern: &str) -> Vec<String> {
        let files = Listing::new(
            ["models/empty"],
            [
                "models/a.sql",
                "models/b.yml",
                "models/core/c.sql",
                "models/core/.hidden",
                "seeds/s.csv",
            ],
        );
        glob(pattern, &files).unwrap().into_iter().collect()
    }

    #[test]
    fn names_and_wildcards_match_one_level() {
        assert_eq!(found("models"), ["models"]);
        assert_eq!(found("models/*.sql"), ["models/a.sql"]);
        assert_eq!(found("./models//core/./c.sql"), ["models/core/c.sql"]);
        assert_eq!(
            found("models/core/*"),
            ["models/core/.hidden", "models/core/c.sql"]
        );
        assert_eq!(found("MODELS"), [""; 0]);
    }

    #[test]
    fn a_slash_at_the_end_matches_directories_only() {
        assert_eq!(found("models/*/"), ["models/core", "models/empty"]);
        assert_eq!(found("models/a.sql/"), [""; 0]);
    }

    #[test]
    fn two_stars_match_directories_at_any_depth() {
        assert_eq!(
            found("**"),
            [".", "models", "models/core", "models/empty", "seeds"]
        );
        assert_eq!(
            found("models/**/*.sql"),
            ["models/a.sql", "models/core/c.sql"]
        );
        assert_eq!(found("models/a.sql/**"), [""; 0]);
    }

    #[test]
    fn parent_directories_never_match() {
        assert_eq!(found("models/../seeds"), [""; 0]);
    }

    #[test]
    fn patterns_that_python_rejects() {
        let files = Listing::default();
        let error = |pattern| glob(pattern, &files).unwrap_err();
        assert_eq!(error(""), GlobError::Empty);
        assert_eq!(error("/models"), GlobError::Absolute);
        assert_eq!(error("./"), GlobError::OnlyRoot);
        assert_eq!(error("models/**.sql"), GlobError::PartialRecursion);
    }
}
