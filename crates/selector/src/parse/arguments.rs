//! Parses the values of `--select` and `--exclude`: terms separated by spaces, criteria separated by commas.

use std::sync::Arc;

use crate::ast::{Criterion, Expr, Group, IndirectSelection, Operation};
use crate::error::{Error, Errors};
use crate::span::{Origin, Place, Span};

/// dbt's selection without `--select`. Together these are all nodes: `fqn:*` is everything except sources.
const DEFAULT: [&str; 5] = [
    "fqn:*",
    "source:*",
    "exposure:*",
    "metric:*",
    "semantic_model:*",
];

/// Separates the included from the excluded terms in a selection that is one text.
pub(crate) const EXCLUDE: &str = "--exclude";

impl Expr {
    /// Parses the values of `--select` and `--exclude`. Without values for `select`, everything is selected, as in dbt.
    ///
    /// ```
    /// use dbt_selector::{Expr, IndirectSelection};
    ///
    /// let expr = Expr::parse_arguments(&["tag:nightly+ stg_orders"], &["tag:slow"], IndirectSelection::Eager)?;
    /// assert_eq!(expr.to_string(), "tag:nightly+ stg_orders --exclude tag:slow");
    /// # Ok::<(), dbt_selector::Errors>(())
    /// ```
    ///
    /// # Errors
    /// One for each criterion that cannot be parsed.
    pub fn parse_arguments(
        select: &[impl AsRef<str>],
        exclude: &[impl AsRef<str>],
        mode: IndirectSelection,
    ) -> Result<Self, Errors> {
        let mut terms = Terms {
            mode,
            mistakes: Vec::new(),
        };
        let included = match select {
            [] => terms.default_terms(),
            values => terms.of_values(&Place::Select, values),
        };
        let excluded = terms.of_values(&Place::Exclude, exclude);
        terms.difference(included, excluded)
    }

    /// Parses a selection in one text: terms to include and, after the word `--exclude`, terms to exclude.
    /// Without terms before that word, everything is included. [`Display`](std::fmt::Display) writes the same form.
    ///
    /// ```
    /// use dbt_selector::{Expr, IndirectSelection};
    ///
    /// let error = Expr::parse("tags:nightly", IndirectSelection::Eager).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "`tags` is not a selection method\n  in the selection\n    tags:nightly\n    ^^^^\n\nhint: did you mean `tag:`?",
    /// );
    /// ```
    ///
    /// # Errors
    /// One for each criterion that cannot be parsed.
    pub fn parse(text: &str, mode: IndirectSelection) -> Result<Self, Errors> {
        let mut terms = Terms {
            mode,
            mistakes: Vec::new(),
        };
        let whole: Arc<str> = text.into();
        let mut pieces = split(text, Span::of(text), ' ');
        let included: Vec<Span> = pieces
            .by_ref()
            .take_while(|span| &text[span.start..span.end] != EXCLUDE)
            .collect();
        let has_exclude = included.last().map_or(0, |span| span.end) < text.len();
        let excluded: Vec<Span> = pieces.collect();
        let excluded = terms.of_spans(&Place::Text, &whole, excluded);
        let included = match included.as_slice() {
            [] if has_exclude => terms.default_terms(),
            _ => terms.of_spans(&Place::Text, &whole, included),
        };
        terms.difference(included, excluded)
    }
}

/// Parses terms, and collects the errors.
struct Terms {
    mode: IndirectSelection,
    mistakes: Vec<Error>,
}

impl Terms {
    fn of_values(&mut self, place: &Place, values: &[impl AsRef<str>]) -> Vec<Expr> {
        values
            .iter()
            .flat_map(|value| {
                let value = value.as_ref();
                let spans = split(value, Span::of(value), ' ').collect();
                self.of_spans(place, &value.into(), spans)
            })
            .collect()
    }

    fn of_spans(&mut self, place: &Place, text: &Arc<str>, spans: Vec<Span>) -> Vec<Expr> {
        let term = |span: Span| {
            let raw = text[span.start..span.end].into();
            self.term(
                &Origin::new(place.clone(), Arc::clone(text), span),
                Some(raw),
            )
        };
        spans.into_iter().map(term).collect()
    }

    fn default_terms(&mut self) -> Vec<Expr> {
        let term = |text| {
            self.term(
                &Origin::new(Place::Default, Arc::from(text), Span::of(text)),
                None,
            )
        };
        DEFAULT.into_iter().map(term).collect()
    }

    fn term(&mut self, origin: &Origin, term: Option<Arc<str>>) -> Expr {
        let mut members = Vec::new();
        for span in split(&origin.text, origin.span, ',') {
            match Criterion::parse_at(origin.at(span), self.mode) {
                Ok(criterion) => members.push(criterion.into()),
                Err(mistake) => self.mistakes.push(mistake),
            }
        }
        Expr::Group(Group {
            operation: Operation::Intersection,
            members,
            mode: self.mode,
            term,
        })
    }

    fn difference(self, included: Vec<Expr>, excluded: Vec<Expr>) -> Result<Expr, Errors> {
        let [included, excluded] = [included, excluded].map(|terms| Expr::union(terms, self.mode));
        Errors::unless_any(
            self.mistakes,
            Expr::difference(included, excluded, self.mode),
        )
    }
}

/// The pieces of `text` within `span` between separators: at least one, which may be empty.
fn split(text: &str, span: Span, separator: char) -> impl Iterator<Item = Span> {
    let mut start = span.start;
    text[span.start..span.end]
        .split(separator)
        .map(move |piece| {
            let found = Span::new(start, start + piece.len());
            start = found.end + separator.len_utf8();
            found
        })
}
