//! What can be wrong with a selection, told to the person who wrote it.

use std::fmt;

use thiserror::Error;

use super::{MethodError, YamlMistake};
use crate::glob::GlobError;
use crate::span::{Origin, Place};
use crate::state::StateMistake;

/// One mistake in a selection, and where it was written.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{kind}")]
pub struct SelectorError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where it was written.
    pub origin: Origin,
}

/// What is wrong with a selection.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A criterion with a line break.
    #[error("a criterion cannot hold a line break")]
    LineBreak,
    /// A method that no dbt has.
    #[error("`{name}` is not a selection method")]
    UnknownMethod {
        /// The text before the first dot of what precedes the colon.
        name: String,
    },
    /// `@` before and `+` after the same value.
    #[error("`@` before a value and `+` after it exclude each other")]
    AtWithChildren,
    /// A value that its method does not take.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// A pattern of `path:` that cannot be used.
    #[error(transparent)]
    Path(#[from] GlobError),
    /// Something in `selectors.yml` other than a criterion.
    #[error(transparent)]
    Yaml(#[from] YamlMistake),
    /// A comparison with an earlier state that cannot be made.
    #[error(transparent)]
    State(#[from] StateMistake),
}

impl ErrorKind {
    /// The mistake, with the place it was made in.
    pub fn at(self, origin: Origin) -> SelectorError {
        SelectorError { kind: self, origin }
    }

    /// What to do about it, in one sentence, where there is something to say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::LineBreak => Some("part terms by spaces".into()),
            Self::UnknownMethod { name } => Some(crate::hint::for_method(name)),
            Self::AtWithChildren => {
                Some("`@x` already takes in the descendants of `x`: drop the `+`".into())
            }
            Self::Method(error) => Some(error.hint()),
            Self::Path(error) => Some(error.hint().into()),
            Self::Yaml(mistake) => mistake.hint(),
            Self::State(mistake) => Some(mistake.hint().into()),
        }
    }
}

impl SelectorError {
    /// The mistake in several lines: the sentence, the text with carets below the piece that is wrong, and the hint.
    pub fn render(&self) -> String {
        let mut lines = vec![self.kind.to_string(), format!("  in {}", self.origin.place)];
        if !self.origin.text.is_empty() {
            lines.extend(carets(&self.origin));
        }
        lines.extend(self.kind.hint().map(|hint| format!("  hint: {hint}")));
        lines.join("\n")
    }
}

/// The line of text that the piece begins in, and carets below the piece.
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

/// All the mistakes that were found in one go; never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectorErrors(Vec<SelectorError>);

impl SelectorErrors {
    /// `value`, or the mistakes if there are any.
    pub(crate) fn unless_any<T>(mistakes: Vec<SelectorError>, value: T) -> Result<T, Self> {
        if mistakes.is_empty() {
            Ok(value)
        } else {
            Err(Self(mistakes))
        }
    }

    /// The mistakes, in the order in which they were written.
    pub fn iter(&self) -> impl Iterator<Item = &SelectorError> {
        self.0.iter()
    }
}

impl IntoIterator for SelectorErrors {
    type Item = SelectorError;
    type IntoIter = std::vec::IntoIter<SelectorError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<SelectorError> for SelectorErrors {
    fn from(mistake: SelectorError) -> Self {
        Self(vec![mistake])
    }
}

impl fmt::Display for SelectorErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rendered: Vec<String> = self.iter().map(SelectorError::render).collect();
        f.write_str(&rendered.join("\n"))
    }
}

impl std::error::Error for SelectorErrors {}
