//! The syntax of references: `prefect.blocks.<type>.<name>[.<path>]`, `prefect.variables.<name>[.<path>]`.

use std::fmt;
use std::ops::Range;

/// A reference to a value that is stored in Prefect.
///
/// `Display` writes it as it is written between the braces.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Reference {
    /// The block or variable to fetch.
    pub source: Source,
    /// The path to a part of the value; empty for the whole value.
    pub path: Vec<PathStep>,
}

/// A block or variable to fetch. Several references can have the same one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "a program must fetch every kind")]
pub enum Source {
    /// A block.
    Block {
        /// The slug of the block type, such as `snowflake-credentials`.
        type_slug: String,
        /// The name of the block.
        name: String,
    },
    /// A variable.
    Variable {
        /// The name of the variable.
        name: String,
    },
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PathStep {
    /// `.key`. A key that is a number indexes a list, as in Prefect.
    Key(String),
    /// `[n]`, from 0.
    Index(usize),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block { type_slug, name } => write!(f, "prefect.blocks.{type_slug}.{name}"),
            Self::Variable { name } => write!(f, "prefect.variables.{name}"),
        }
    }
}

impl fmt::Display for PathStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, ".{key}"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)?;
        self.path.iter().try_for_each(|step| write!(f, "{step}"))
    }
}

/// A reference in a Jinja expression, valid or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lexed {
    pub(crate) range: Range<usize>,
    /// The reference, or what is wrong with it.
    pub(crate) reference: Result<Reference, &'static str>,
}

const PREFIX: &str = "prefect.";

/// Reads the reference that starts at the offset `start` of `text`; `None` if there is none.
pub(crate) fn lex(text: &str, start: usize) -> Option<Lexed> {
    if !text[start..].starts_with(PREFIX) || follows_a_name(&text[..start]) {
        return None;
    }
    let mut steps = Vec::new();
    let mut end = start + PREFIX.len() - 1;
    let mut malformed = None;
    loop {
        let rest = &text[end..];
        if let Some(after) = rest.strip_prefix('.') {
            let key = key_at(after);
            if key.is_empty() {
                end += 1;
                malformed = Some("a name is missing after the dot");
                break;
            }
            end += 1 + key.len();
            steps.push(PathStep::Key(key.to_owned()));
        } else if let Some((index, length)) = index_at(rest) {
            end += length;
            steps.push(PathStep::Index(index));
        } else {
            break;
        }
    }
    // In `prefect.variables.x.upper()` the last name is a method of the value.
    if text[end..].starts_with('(')
        && let Some(PathStep::Key(method)) = steps.pop()
    {
        end -= method.len() + 1;
    }
    let reference = match malformed {
        Some(problem) => Err(problem),
        None => build(steps),
    };
    Some(Lexed {
        range: start..end,
        reference,
    })
}

fn follows_a_name(before: &str) -> bool {
    before
        .chars()
        .next_back()
        .is_some_and(|c| is_name(c) || c == '.')
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The longest name at the beginning of `text`. A hyphen before the closing braces is Jinja's trim mark.
fn key_at(text: &str) -> &str {
    let end = text
        .find(|c: char| !is_name(c) && c != '-')
        .unwrap_or(text.len());
    let (key, rest) = text.split_at(end);
    match key.strip_suffix('-') {
        Some(shorter) if rest.starts_with("}}") || rest.starts_with("%}") => shorter,
        _ => key,
    }
}

/// The `[n]` at the beginning of `text`, and its length.
fn index_at(text: &str) -> Option<(usize, usize)> {
    let digits = text.strip_prefix('[')?.split_once(']')?.0;
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    let index = if all_digits {
        digits.parse().ok()?
    } else {
        return None;
    };
    Some((index, digits.len() + 2))
}

fn build(steps: Vec<PathStep>) -> Result<Reference, &'static str> {
    let mut steps = steps.into_iter();
    let mut name = || match steps.next() {
        Some(PathStep::Key(key)) => Some(key),
        _ => None,
    };
    let source = match name().as_deref() {
        Some("blocks") => {
            let (Some(type_slug), Some(name)) = (name(), name()) else {
                return Err("a block is written as `prefect.blocks.<type>.<name>`");
            };
            Source::Block { type_slug, name }
        }
        Some("variables") => {
            let name = name().ok_or("a variable is written as `prefect.variables.<name>`")?;
            Source::Variable { name }
        }
        _ => return Err("references begin with `prefect.blocks.` or `prefect.variables.`"),
    };
    Ok(Reference {
        source,
        path: steps.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> (String, String) {
        let lexed = lex(text, 0).expect("a reference");
        let spelling = lexed
            .reference
            .map_or_else(str::to_owned, |r| r.to_string());
        (spelling, text[lexed.range.end..].to_owned())
    }

    #[test]
    fn hyphens_dots_and_indexes_are_part_of_a_reference() {
        let text = "prefect.blocks.json-x.my-cfg.a-b[0].c | upper";
        assert_eq!(
            spelled(text),
            (
                "prefect.blocks.json-x.my-cfg.a-b[0].c".to_owned(),
                " | upper".to_owned()
            )
        );
    }

    #[test]
    fn a_closing_trim_mark_is_not_part_of_a_reference() {
        assert_eq!(spelled("prefect.variables.x-}}").1, "-}}");
        assert_eq!(spelled("prefect.variables.x- }}").0, "prefect.variables.x-");
    }

    #[test]
    fn a_method_call_is_not_part_of_a_reference() {
        assert_eq!(
            spelled("prefect.variables.x.upper()"),
            ("prefect.variables.x".to_owned(), ".upper()".to_owned())
        );
    }

    #[test]
    fn misspelled_references_are_errors() {
        for text in [
            "prefect.blocks.secret",
            "prefect.variable.x",
            "prefect.variables.",
            "prefect.",
        ] {
            assert!(
                lex(text, 0).expect("an attempt").reference.is_err(),
                "{text}"
            );
        }
        assert_eq!(lex("xprefect.variables.a", 1), None);
        assert_eq!(lex("x.prefect.variables.a", 2), None);
    }
}
