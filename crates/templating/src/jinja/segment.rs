//! Splits a text like Jinja: into text, `{{ expressions }}`, `{% statements %}` and `{# comments #}`.

use std::ops::Range;

use crate::reference::{self, Lexed};

/// A part of a text. All ranges are byte offsets into the text.
pub(crate) enum Segment {
    /// Text that Jinja does not evaluate. If not `plain`, it is a comment, a raw block or a tag without end.
    Text { range: Range<usize>, plain: bool },
    /// `{{ ... }}`; `inner` is the range between the braces and their trim marks.
    Expression {
        range: Range<usize>,
        inner: Range<usize>,
        trims: bool,
        uses: Vec<Use>,
    },
    /// `{% ... %}`.
    Statement { range: Range<usize>, uses: Vec<Use> },
}

/// A reference in an expression.
pub(crate) struct Use {
    pub(crate) lexed: Lexed,
    /// Whether the expression handles a missing value: `| default`, `is defined`.
    pub(crate) optional: bool,
}

impl Segment {
    pub(crate) fn range(&self) -> &Range<usize> {
        match self {
            Self::Text { range, .. }
            | Self::Expression { range, .. }
            | Self::Statement { range, .. } => range,
        }
    }

    pub(crate) fn uses(&self) -> &[Use] {
        match self {
            Self::Text { .. } => &[],
            Self::Expression { uses, .. } | Self::Statement { uses, .. } => uses,
        }
    }
}

/// The segments of a text. Together they cover it.
pub(crate) fn split(text: &str) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let Some(open) = next_open(text, at) else {
            segments.push(Segment::Text {
                range: at..text.len(),
                plain: true,
            });
            break;
        };
        if open > at {
            segments.push(Segment::Text {
                range: at..open,
                plain: true,
            });
        }
        let segment = tag(text, open);
        at = segment.range().end;
        segments.push(segment);
    }
    segments
}

fn next_open(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    (from..bytes.len().saturating_sub(1))
        .find(|&at| bytes[at] == b'{' && matches!(bytes[at + 1], b'{' | b'%' | b'#'))
}

/// The tag that begins at `open`. A tag without end is text up to the end.
fn tag(text: &str, open: usize) -> Segment {
    let unfinished = Segment::Text {
        range: open..text.len(),
        plain: false,
    };
    let start = open + 2;
    match text.as_bytes()[open + 1] {
        // `{{{ prefect...` is a brace and an expression, as in Prefect's Python package.
        b'{' if text[start..]
            .strip_prefix('{')
            .is_some_and(begins_reference) =>
        {
            Segment::Text {
                range: open..open + 1,
                plain: true,
            }
        }
        b'#' => match text[start..].find("#}") {
            Some(length) => Segment::Text {
                range: open..start + length + 2,
                plain: false,
            },
            None => unfinished,
        },
        b'{' => match expression(text, start, "}}") {
            Some((inner, end, uses)) => {
                let trims = inner.start > start || inner.end + 2 < end;
                Segment::Expression {
                    range: open..end,
                    inner,
                    trims,
                    uses,
                }
            }
            None => unfinished,
        },
        _ => match expression(text, start, "%}") {
            Some((inner, end, _)) if text[inner.clone()].trim() == "raw" => Segment::Text {
                range: open..raw_end(text, end),
                plain: false,
            },
            Some((_, end, uses)) => Segment::Statement {
                range: open..end,
                uses,
            },
            None => unfinished,
        },
    }
}

fn begins_reference(text: &str) -> bool {
    reference::lex(text.trim_start(), 0).is_some()
}

/// The end of a raw block: after its `endraw` tag, or the end of the text.
fn raw_end(text: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(offset) = text[at..].find("{%") {
        let start = at + offset + 2;
        if let Some(length) = text[start..].find("%}")
            && text[start..start + length].trim_matches(['-', '+', ' ', '\t', '\n']) == "endraw"
        {
            return start + length + 2;
        }
        at = start;
    }
    text.len()
}

/// Reads an expression up to `close`: skips strings, matches brackets, and collects references.
fn expression(text: &str, start: usize, close: &str) -> Option<(Range<usize>, usize, Vec<Use>)> {
    let mut uses = Vec::new();
    let mut depth = 0_usize;
    let trimmed = text[start..].starts_with(['-', '+']);
    let inner_start = start + usize::from(trimmed);
    let mut at = inner_start;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        if depth == 0 {
            for mark in ["", "-", "+"] {
                if rest
                    .strip_prefix(mark)
                    .is_some_and(|after| after.starts_with(close))
                {
                    return Some((inner_start..at, at + mark.len() + close.len(), uses));
                }
            }
        }
        match character {
            '\'' | '"' => at += string_length(rest, character)?,
            'p' => match reference::lex(text, at) {
                Some(lexed) => {
                    at = lexed.range.end;
                    let optional = is_optional(&text[at..]);
                    uses.push(Use { lexed, optional });
                }
                None => at += 1,
            },
            _ => {
                match character {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                at += character.len_utf8();
            }
        }
    }
    None
}

fn string_length(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn is_optional(after: &str) -> bool {
    let mut rest = after.trim_start();
    let names: &[&str] = if let Some(filter) = rest.strip_prefix('|') {
        rest = filter.trim_start();
        &["default", "d"]
    } else if let Some(test) = word(rest, "is") {
        rest = word(test, "not").unwrap_or(test);
        &["defined", "undefined"]
    } else {
        return false;
    };
    names.iter().any(|name| word(rest, name).is_some())
}

/// The text after the word `name`; `None` if the text does not begin with that word.
fn word<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(name)?;
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    ends.then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        split(text)
            .iter()
            .map(|segment| &text[segment.range().clone()])
            .collect()
    }

    #[test]
    fn tags_end_where_jinja_ends_them() {
        let cases: &[(&str, &[&str])] = &[
            ("a{{ b }}c", &["a", "{{ b }}", "c"]),
            ("{{ '}}' }}x", &["{{ '}}' }}", "x"]),
            ("{{ {'a': {'b': 1}} }}", &["{{ {'a': {'b': 1}} }}"]),
            ("{# {{ x }} #}y", &["{# {{ x }} #}", "y"]),
            (
                "{% raw %}{{ x }}{% endraw %}{{ y }}",
                &["{% raw %}{{ x }}{% endraw %}", "{{ y }}"],
            ),
            ("{{ unfinished", &["{{ unfinished"]),
            (
                "{{{ prefect.variables.x }}}",
                &["{", "{{ prefect.variables.x }}", "}"],
            ),
            ("{", &["{"]),
        ];
        for (text, expected) in cases {
            assert_eq!(parts(text), *expected);
        }
    }

    #[test]
    fn references_are_found_outside_of_strings() {
        let text =
            "{{ prefect.variables.a | default('prefect.variables.b') ~ prefect.variables.c }}";
        let segments = split(text);
        let optional: Vec<bool> = segments[0]
            .uses()
            .iter()
            .map(|found| found.optional)
            .collect();
        assert_eq!(optional, [true, false]);
    }
}
