//! Finds the scalars of a YAML text, and the range of bytes of each.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle};

/// A scalar that is a value in a mapping or a sequence, or the whole document.
pub(crate) struct Scalar {
    /// The bytes to replace. A block scalar goes from its `|` or `>` to its last visible character.
    pub(crate) range: Range<usize>,
    /// The decoded text.
    pub(crate) text: String,
    /// The key in the mapping whose value the scalar is.
    pub(crate) key: Option<String>,
    /// The keys from the top of the file to the scalar, without positions in sequences and without `<<`.
    pub(crate) path: Vec<String>,
    /// Whether an alias can put the scalar elsewhere: it, or a node around it, has an anchor.
    pub(crate) anchored: bool,
    /// Whether an explicit tag sets its type.
    pub(crate) tagged: bool,
    /// The comment after the `|` or `>`, which a replacement keeps.
    pub(crate) comment: Option<Range<usize>>,
    /// Whether the scalar is a key. Neither dbt nor Prefect renders keys.
    pub(crate) is_key: bool,
}

/// The message of the YAML parser, and the offset of the problem.
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) at: usize,
}

/// All scalars whose text is `wanted`.
pub(crate) fn scalars(source: &str, wanted: impl Fn(&str) -> bool) -> Result<Vec<Scalar>, Refused> {
    // libyaml, the parser of dbt, reads the last line of a file the same with and without a line break.
    let options = granit_parser::options! {
        block_scalar_eof_without_line_feed: true,
        bom_inside_document_as_content: true,
    };
    let mut found = Vec::new();
    let mut parents: Vec<Parent> = Vec::new();
    let mut previous_end = 0;
    for event in Parser::new_from_str_with_options(source, options) {
        let (event, span) = event.map_err(|error| Refused {
            message: error.info(),
            at: error.marker().byte_offset().unwrap_or(0),
        })?;
        let range = span.byte_range().unwrap_or(0..0);
        match event {
            // The parser puts an implied start at the first content, after the header of a block scalar.
            Event::DocumentStart(false, _) => continue,
            Event::MappingStart(_, anchor, _) => {
                let kind = Kind::Mapping {
                    key: None,
                    at_key: true,
                };
                open(&mut parents, kind, anchor != 0);
            }
            Event::SequenceStart(_, anchor, _) => open(&mut parents, Kind::Sequence, anchor != 0),
            Event::MappingEnd | Event::SequenceEnd => {
                parents.pop();
            }
            Event::Alias(_) => {
                enter(&mut parents, None);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let position = enter(&mut parents, Some(&text));
                if wanted(&text) {
                    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                    let (range, comment) = if block {
                        block_range(source, previous_end, &range)
                    } else {
                        (range.clone(), None)
                    };
                    let (key, is_key) = match position {
                        Position::Key => (None, true),
                        Position::Value(key) => (key, false),
                    };
                    let text = text.into_owned();
                    let keys = parents.iter().filter_map(|parent| parent.step.clone());
                    found.push(Scalar {
                        range,
                        text,
                        path: keys.chain(step_of(key.as_deref())).collect(),
                        anchored: anchor != 0 || parents.iter().any(|parent| parent.anchored),
                        key,
                        tagged: tag.is_some(),
                        comment,
                        is_key,
                    });
                }
            }
            _ => {}
        }
        previous_end = previous_end.max(range.end);
    }
    Ok(found)
}

/// A mapping or sequence around the current node.
struct Parent {
    kind: Kind,
    /// The key under which it stands in its own parent.
    step: Option<String>,
    anchored: bool,
}

enum Kind {
    Sequence,
    Mapping { key: Option<String>, at_key: bool },
}

enum Position {
    Key,
    Value(Option<String>),
}

/// Begins a mapping or sequence.
fn open(parents: &mut Vec<Parent>, kind: Kind, anchored: bool) {
    let step = match enter(parents, None) {
        Position::Value(key) => step_of(key.as_deref()),
        Position::Key => None,
    };
    parents.push(Parent {
        kind,
        step,
        anchored,
    });
}

/// A key as a step of a path. What `<<` merges stands where its mapping stands.
fn step_of(key: Option<&str>) -> Option<String> {
    key.filter(|key| *key != "<<").map(str::to_owned)
}

/// Begins a node, and returns its role in its parent: whether it is a key, and of which key it is the value.
fn enter(parents: &mut [Parent], text: Option<&str>) -> Position {
    match parents.last_mut().map(|parent| &mut parent.kind) {
        Some(Kind::Mapping {
            key,
            at_key: at_key @ true,
        }) => {
            *key = text.map(str::to_owned);
            *at_key = false;
            Position::Key
        }
        Some(Kind::Mapping { key, at_key }) => {
            *at_key = true;
            Position::Value(key.take())
        }
        Some(Kind::Sequence) | None => Position::Value(None),
    }
}

/// The whole range of a block scalar. The parser's range covers its lines only; the header is before them, after indicators,
/// an anchor, a tag and comments.
fn block_range(
    source: &str,
    previous_end: usize,
    content: &Range<usize>,
) -> (Range<usize>, Option<Range<usize>>) {
    let end = content.start + source[content.clone()].trim_end().len();
    let mut at = previous_end.min(content.start);
    while let Some(next) = source[at..content.start].chars().next() {
        let rest = &source[at..content.start];
        let line_length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        match next {
            '|' | '>' => {
                let line = at..at + line_length;
                let comment = source[line.clone()]
                    .find('#')
                    .map(|hash| at + hash..line.end);
                return (at..end.max(line.end), comment);
            }
            '#' => at += line_length,
            '&' | '!' => at += rest.find(char::is_whitespace).unwrap_or(rest.len()),
            _ => at += next.len_utf8(),
        }
    }
    (content.start..end, None)
}
