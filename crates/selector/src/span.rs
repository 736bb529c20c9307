//! Where a piece of an expression was written.

use std::sync::Arc;

/// A range of bytes in a text. `start` and `end` are character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Span {
    /// The range from `start` to `end`; `end` is not included.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The range of the whole `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self::new(0, text.len())
    }

    /// The same range, moved by `by` bytes.
    #[must_use]
    pub fn shifted(self, by: usize) -> Self {
        Self::new(self.start + by, self.end + by)
    }
}

/// The input that a piece of an expression comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A value of `--select`.
    Select,
    /// A value of `--exclude`.
    Exclude,
    /// The text of [`Expr::parse`](crate::Expr::parse).
    Text,
    /// An entry of `selectors.yml`.
    Selectors {
        /// The path of the entry, such as `nightly.definition.union[1]`.
        path: Arc<str>,
    },
    /// The value of `--selector`.
    Selector,
    /// dbt's default selection.
    Default,
}

/// A piece of a text and its input: the place that an error points at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// The input.
    pub place: Place,
    /// The whole text: a value of the command line, or a string in YAML.
    pub text: Arc<str>,
    /// The range of the piece in `text`.
    pub span: Span,
}

impl Origin {
    /// The piece `span` of `text`.
    #[must_use]
    pub fn new(place: Place, text: Arc<str>, span: Span) -> Self {
        Self { place, text, span }
    }

    /// The whole `text`, which is the entry at `path` in `selectors.yml`.
    #[must_use]
    pub fn yaml(path: &str, text: &str) -> Self {
        let place = Place::Selectors { path: path.into() };
        Self::new(place, text.into(), Span::of(text))
    }

    /// Another piece of the same text.
    #[must_use]
    pub fn at(&self, span: Span) -> Self {
        Self::new(self.place.clone(), Arc::clone(&self.text), span)
    }

    /// The text of the piece.
    #[must_use]
    pub fn snippet(&self) -> &str {
        self.text
            .get(self.span.start..self.span.end)
            .unwrap_or_default()
    }
}
