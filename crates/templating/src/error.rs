//! Errors with a place: all of a file's mistakes at once, each with its line and a caret.

use std::fmt;
use std::ops::Range;

use thiserror::Error as ThisError;

/// Everything that is wrong with a file; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errors(Vec<Error>);

impl Errors {
    pub(crate) fn or(errors: Vec<Error>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self(errors))
        }
    }

    /// The errors in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter()
    }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

/// One mistake and where it is. `Display` draws the line with a caret below.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where.
    pub place: Place,
}

/// What can be wrong with a profiles.yml and its references.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file is not UTF-8, which dbt requires.
    #[error("not valid UTF-8")]
    NotUtf8,
    /// The file is not YAML.
    #[error("invalid YAML: {message}")]
    Yaml {
        /// The parser's message.
        message: String,
    },
    /// A value that begins with `{{` has no quotes, so YAML reads it as a mapping.
    #[error("a value that begins with `{{{{` needs quotes around it")]
    Unquoted,
    /// Something that begins like a reference but is none.
    #[error("malformed reference: {problem}")]
    Malformed {
        /// What a reference looks like.
        problem: &'static str,
    },
    /// No such block.
    #[error("no block `{name}` of type `{type_slug}`")]
    MissingBlock {
        /// The slug of its type.
        type_slug: String,
        /// Its name.
        name: String,
        /// Names of blocks of this type that exist.
        known: Vec<String>,
    },
    /// No such variable.
    #[error("no variable `{name}`")]
    MissingVariable {
        /// Its name.
        name: String,
        /// Names of variables that exist.
        known: Vec<String>,
    },
    /// The block or variable exists, the key in it does not.
    #[error("`{within}` has nothing at `{step}`")]
    MissingKey {
        /// The reference up to the step that failed.
        within: String,
        /// The step that failed.
        step: String,
        /// Keys that exist there.
        known: Vec<String>,
    },
    /// A secret takes part in an expression; dbt passes secrets on untouched only.
    #[error("a secret cannot be part of a larger expression")]
    SecretInExpression,
    /// A secret where dbt wants a number or a boolean; secrets are always text.
    #[error("`{key}` is not text, and a secret reaches dbt as text")]
    SecretInTypedPosition {
        /// The key in profiles.yml.
        key: String,
    },
    /// A second secret in a text with an expression that dbt evaluates in between.
    #[error("dbt can put only one secret into a text")]
    SecretsApart,
    /// A secret that the environment cannot carry.
    #[error("this secret holds a NUL character, which no environment variable can carry")]
    SecretWithNul,
    /// An object or a list inside a longer text.
    #[error("{kind} cannot be put into a longer text")]
    NotText {
        /// `an object` or `a list`.
        kind: &'static str,
    },
    /// An expression without secrets that could not be evaluated.
    #[error("this expression cannot be evaluated: {message}")]
    Expression {
        /// What the template engine says.
        message: String,
    },
}

impl ErrorKind {
    /// One sentence on what to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let list = |what: &str, names: &[String]| {
            (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
        };
        match self {
            Self::NotUtf8 => Some("save the file as UTF-8".to_owned()),
            Self::Yaml { .. } => None,
            Self::Unquoted => Some("write `\"{{ prefect... }}\"`".to_owned()),
            Self::Malformed { .. } => Some(
                "`prefect.blocks.<type>.<name>.<key>` or `prefect.variables.<name>`".to_owned(),
            ),
            Self::MissingBlock { known, .. } => list("blocks of this type", known)
                .or_else(|| Some("create the block, or correct its type and name".to_owned())),
            Self::MissingVariable { known, .. } => list("variables that exist", known)
                .or_else(|| Some("create it, or add `| default(...)`".to_owned())),
            Self::MissingKey { known, .. } => list("keys that exist", known),
            Self::SecretInExpression => {
                Some("let the reference stand alone between its braces".to_owned())
            }
            Self::SecretInTypedPosition { .. } => {
                Some("keep this value in a variable or in a field that is not secret".to_owned())
            }
            Self::SecretsApart => Some(
                "keep the whole text in one secret block, or take the expression out".to_owned(),
            ),
            Self::SecretWithNul => None,
            Self::NotText { .. } => Some("name a key of it, as in `.key` or `[0]`".to_owned()),
            Self::Expression { .. } => None,
        }
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The name of the file, as given.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    text: String,
    width: usize,
}

impl Place {
    /// The place of a byte range; offsets off a character's start or past the end are moved back.
    pub(crate) fn new(file: &str, source: &str, range: &Range<usize>) -> Self {
        let start = source.floor_char_boundary(range.start);
        let line_start = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &source[line_start..];
        let line_text = rest.lines().next().unwrap_or("");
        let line_end = line_start + line_text.len();
        let end = source
            .floor_char_boundary(range.end)
            .clamp(start, line_end.max(start));
        Self {
            file: file.to_owned(),
            line: source[..start].matches('\n').count() + 1,
            column: source[line_start..start].chars().count() + 1,
            text: line_text.replace(|c: char| c.is_control() || c == '\u{feff}', " "),
            width: source[start..end].chars().count().max(1),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            file,
            line,
            column,
            text,
            width,
        } = &self.place;
        let gutter = " ".repeat(line.to_string().len());
        let indent = " ".repeat(column - 1);
        writeln!(f, "error: {}", self.kind)?;
        writeln!(f, "{gutter}--> {file}:{line}:{column}")?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{line} | {}", text.trim_end())?;
        write!(f, "{gutter} | {indent}{}", "^".repeat(*width))?;
        if let Some(help) = self.kind.help() {
            write!(f, "\n{gutter} = help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
