//! One error in a selection, and the collection of all errors.

use std::fmt;

use thiserror::Error as ThisError;

use super::{MethodError, YamlError};
use crate::glob::GlobError;
use crate::span::{Origin, Place};
use crate::state::StateError;

/// One error in a selection, and its place.
///
/// `Display` is what is wrong, in one line; [`render`](Self::render) also shows the place and what to do.
#[derive(Debug, Clone, PartialEq, ThisError)]
#[error("{kind}")]
pub struct Error {
    pub(super) kind: ErrorKind,
    pub(super) origin: Origin,
}

/// What is wrong with a selection.
#[derive(Debug, Clone, PartialEq, ThisError)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A criterion contains a line break.
    #[error("a criterion cannot contain a line break")]
    LineBreak,
    /// No version of dbt has this method.
    #[error("`{name}` is not a selection method")]
    UnknownMethod {
        /// The text before the colon, up to the first dot.
        name: String,
    },
    /// `@` before a value and `+` after it.
    #[error("`@` before a value and `+` after it cannot be combined")]
    AtWithChildren,
    /// The method does not accept the value.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// An invalid pattern of `path:`.
    #[error(transparent)]
    Path(#[from] GlobError),
    /// An error in `selectors.yml` outside of a criterion.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// A comparison with an earlier state is not possible.
    #[error(transparent)]
    State(#[from] StateError),
}

impl ErrorKind {
    /// Adds the place.
    #[must_use]
    pub fn at(self, origin: Origin) -> Error {
        Error { kind: self, origin }
    }

    /// What to do about it, if there is an obvious thing to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::LineBreak => Some("separate terms with spaces".into()),
            Self::UnknownMethod { name } => Some(crate::hint::for_method(name)),
            Self::AtWithChildren => {
                Some("`@x` already includes the descendants of `x`: remove the `+`".into())
            }
            Self::Method(error) => Some(error.help()),
            Self::Path(error) => Some(error.help().into()),
            Self::Yaml(error) => error.help(),
            Self::State(error) => Some(error.help().into()),
        }
    }
}

impl Error {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Where it is wrong.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What to do about it, if there is an obvious thing to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        self.kind.help()
    }

    /// The error in several lines: the message, the text with carets below the wrong piece, and after a blank line the hint.
    #[must_use]
    pub fn render(&self) -> String {
        let mut lines = vec![self.kind.to_string(), format!("  in {}", self.origin.place)];
        if !self.origin.text.is_empty() {
            lines.extend(carets(&self.origin));
        }
        lines.extend(self.help().map(|hint| format!("\nhint: {hint}")));
        lines.join("\n")
    }
}

/// The line of the text in which the piece begins, and carets below the piece.
fn carets(origin: &Origin) -> [String; 2] {
    let (before, after) = origin
        .text
        .split_at_checked(origin.span.start)
        .unwrap_or((&origin.text, ""));
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line_end = after
        .find('\n')
        .map_or(origin.text.len(), |at| before.len() + at);
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    let line: String = origin.text[line_start..line_end]
        .chars()
        .map(printable)
        .collect();
    let indent = before[line_start..].chars().count();
    let width = origin
        .snippet()
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        .max(1);
    [
        format!("    {line}"),
        format!("    {}{}", " ".repeat(indent), "^".repeat(width)),
    ]
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Select => f.write_str("--select"),
            Self::Exclude => f.write_str("--exclude"),
            Self::Text => f.write_str("the selection"),
            Self::Selectors { path } if path.is_empty() => f.write_str("selectors.yml"),
            Self::Selectors { path } => write!(f, "selectors.yml, {path}"),
            Self::Selector => f.write_str("--selector"),
            Self::Default => f.write_str("dbt's default selection"),
        }
    }
}

/// All errors in a selection; never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Errors(Vec<Error>);

impl Errors {
    /// `value`, or the errors if there are any.
    pub(crate) fn unless_any<T>(errors: Vec<Error>, value: T) -> Result<T, Self> {
        if errors.is_empty() {
            Ok(value)
        } else {
            Err(Self(errors))
        }
    }

    /// The errors, in the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, Error> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Errors {
    type Item = &'a Error;
    type IntoIter = std::slice::Iter<'a, Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Errors {
    type Item = Error;
    type IntoIter = std::vec::IntoIter<Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rendered: Vec<String> = self.iter().map(Error::render).collect();
        f.write_str(&rendered.join("\n\n"))
    }
}

impl std::error::Error for Errors {}
