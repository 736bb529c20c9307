//! The spelling of references: `prefect.blocks.<type>.<name>[.<path>]`, `prefect.variables.<name>`.

use std::fmt;
use std::ops::Range;

/// A reference to a value that Prefect keeps.
///
/// `Display` gives the canonical spelling, as it stands between the braces.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Reference {
    /// What has to be fetched from Prefect.
    pub source: Source,
    /// The way into the fetched value; empty for all of it.
    pub path: Vec<PathStep>,
}

/// Something to be fetched from Prefect; several references can share one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// A block document.
    Block {
        /// The slug of its type, such as `snowflake-credentials`.
        type_slug: String,
        /// Its name.
        name: String,
    },
    /// A variable.
    Variable {
        /// Its name.
        name: String,
    },
}

/// A step of a key path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PathStep {
    /// `.key`; a number indexes a list, as in Prefect.
    Key(String),
    /// `[n]`, counted from 0.
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

/// A reference, or an attempt at one, found in a Jinja expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lexed {
    pub(crate) range: Range<usize>,
    /// `Err` tells what is wrong with the spelling.
    pub(crate) reference: Result<Reference, &'static str>,
}

const PREFIX: &str = "prefect.";

/// Lexes the reference that starts at `start` of `text`, if one does.
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
    // `prefect.variables.x.upper()`: the last name is a method of the value.
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

/// The longest name at the start of `text`; its last hyphen belongs to a closing `-}}` or `-%}`.
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

/// `[n]` at the start of `text`, and its length.
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
                return Err("a block is spelled `prefect.blocks.<type>.<name>`");
            };
            Source::Block { type_slug, name }
        }
        Some("variables") => {
            let name = name().ok_or("a variable is spelled `prefect.variables.<name>`")?;
            Source::Variable { name }
        }
        _ => return Err("a reference begins with `prefect.blocks.` or `prefect.variables.`"),
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
    fn hyphens_dots_and_indexes_belong_to_a_reference() {
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
    fn a_closing_trim_mark_does_not() {
        assert_eq!(spelled("prefect.variables.x-}}").1, "-}}");
        assert_eq!(spelled("prefect.variables.x- }}").0, "prefect.variables.x-");
    }

    #[test]
    fn a_method_call_ends_it() {
        assert_eq!(
            spelled("prefect.variables.x.upper()"),
            ("prefect.variables.x".to_owned(), ".upper()".to_owned())
        );
    }

    #[test]
    fn misspellings_are_told() {
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
