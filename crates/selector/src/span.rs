//! Where a piece of an expression was written.

use std::sync::Arc;

/// A range of bytes in a text; `start` and `end` lie on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The whole of `text`.
    pub fn of(text: &str) -> Self {
        Self::new(0, text.len())
    }

    /// The same range, `by` bytes further on.
    pub fn shifted(self, by: usize) -> Self {
        Self::new(self.start + by, self.end + by)
    }
}

/// Which input a piece of an expression came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A value of `--select`.
    Select,
    /// A value of `--exclude`.
    Exclude,
    /// A selection given as one text, by [`Expr::parse`](crate::Expr::parse).
    Text,
    /// An entry of `selectors.yml`.
    Selectors {
        /// The way to the entry, such as `nightly.definition.union[1]`.
        path: Arc<str>,
    },
    /// The value of `--selector`.
    Selector,
    /// What dbt selects when nobody said anything.
    Default,
}

/// A piece of text and where it was written: what errors point at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The input.
    pub place: Place,
    /// The text around the piece: a whole command line value, or a whole YAML string.
    pub text: Arc<str>,
    /// The piece itself, within `text`.
    pub span: Span,
}

impl Origin {
    /// The piece `span` of `text`.
    pub fn new(place: Place, text: Arc<str>, span: Span) -> Self {
        Self { place, text, span }
    }

    /// All of `text`, which is an entry of `selectors.yml` found at `path`.
    pub fn yaml(path: &str, text: &str) -> Self {
        let place = Place::Selectors { path: path.into() };
        Self::new(place, text.into(), Span::of(text))
    }

    /// The same place, narrowed down to another piece of the text.
    pub fn at(&self, span: Span) -> Self {
        Self::new(self.place.clone(), Arc::clone(&self.text), span)
    }

    /// The piece of text itself.
    pub fn snippet(&self) -> &str {
        self.text
            .get(self.span.start..self.span.end)
            .unwrap_or_default()
    }
}
