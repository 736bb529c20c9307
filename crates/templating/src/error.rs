//! Errors in a profiles.yml: all of a file at once, each with its line and a caret.

use std::fmt;
use std::ops::Range;

use thiserror::Error as ThisError;

/// All errors in a file; never empty.
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

/// One error and its place. `Display` shows the message, the line with a caret below, and the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub(crate) kind: ErrorKind,
    pub(crate) place: Place,
}

impl Error {
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Where it is wrong.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What to do about it, if there is an obvious thing to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        self.kind.help()
    }
}

/// What is wrong with a profiles.yml or its references.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file is not UTF-8. dbt requires UTF-8.
    #[error("not valid UTF-8")]
    NotUtf8,
    /// The file is not YAML.
    #[error("invalid YAML: {message}")]
    Yaml {
        /// The message of the YAML parser.
        message: String,
    },
    /// A value that begins with `{{` has no quotes. YAML reads it as a mapping.
    #[error("a value that begins with `{{{{` needs quotes around it")]
    Unquoted,
    /// Text that begins like a reference but is not one.
    #[error("invalid reference: {problem}")]
    Malformed {
        /// What is wrong with the reference.
        problem: &'static str,
    },
    /// The block does not exist.
    #[error("there is no block `{name}` of type `{type_slug}`")]
    MissingBlock {
        /// The slug of the block type.
        type_slug: String,
        /// The name of the block.
        name: String,
        /// The names of existing blocks of this type.
        known: Vec<String>,
    },
    /// The variable does not exist.
    #[error("there is no variable `{name}`")]
    MissingVariable {
        /// The name of the variable.
        name: String,
        /// The names of existing variables.
        known: Vec<String>,
    },
    /// The block or variable exists, but not the key in it.
    #[error("`{within}` has no `{step}`")]
    MissingKey {
        /// The reference up to the step that fails.
        within: String,
        /// The step that fails.
        step: String,
        /// The keys that exist there.
        known: Vec<String>,
    },
    /// A secret is part of an expression. dbt can only pass secrets on unchanged.
    #[error("a secret cannot be part of a larger expression")]
    SecretInExpression,
    /// A secret where dbt expects a number or a boolean. Secrets are always text.
    #[error("`{key}` must be a number or a boolean, but a secret is passed to dbt as text")]
    SecretInTypedPosition {
        /// The key in the profiles.yml.
        key: String,
    },
    /// Two secrets in one text, with an expression between them that dbt evaluates.
    #[error("a text with an expression can contain only one secret")]
    SecretsApart,
    /// A secret that an environment variable cannot contain.
    #[error("the secret contains a NUL character, which is not allowed in an environment variable")]
    SecretWithNul,
    /// An object or a list within a longer text.
    #[error("{kind} cannot be inserted into a text")]
    NotText {
        /// `an object` or `a list`.
        kind: &'static str,
    },
    /// An expression without secrets that cannot be evaluated.
    #[error("cannot evaluate this expression: {message}")]
    Expression {
        /// The message of the template engine.
        message: String,
    },
}

impl ErrorKind {
    /// What to do about it, if there is an obvious thing to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let list = |what: &str, names: &[String]| {
            (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
        };
        match self {
            Self::NotUtf8 => Some("save the file as UTF-8".to_owned()),
            Self::Yaml { .. } => None,
            Self::Unquoted => Some("write `\"{{ prefect... }}\"`, with quotes".to_owned()),
            Self::Malformed { .. } => Some(
                "write `prefect.blocks.<type>.<name>.<key>` or `prefect.variables.<name>`"
                    .to_owned(),
            ),
            Self::MissingBlock { known, .. } => list("existing blocks of this type", known)
                .or_else(|| Some("create the block, or correct its type or name".to_owned())),
            Self::MissingVariable { known, .. } => list("existing variables", known)
                .or_else(|| Some("create the variable, or add `| default(...)`".to_owned())),
            Self::MissingKey { known, .. } => list("existing keys", known),
            Self::SecretInExpression => {
                Some("write the reference alone between its braces".to_owned())
            }
            Self::SecretInTypedPosition { .. } => {
                Some("store this value in a variable or in a field that is not secret".to_owned())
            }
            Self::SecretsApart => Some(
                "store the whole text in one secret block, or remove the expression".to_owned(),
            ),
            Self::SecretWithNul => None,
            Self::NotText { .. } => {
                Some("add a key to the reference, such as `.key` or `[0]`".to_owned())
            }
            Self::Expression { .. } => None,
        }
    }
}

/// A place in a file, with its line for display.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The name of the file, as given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    text: String,
    width: usize,
}

impl Place {
    /// The place of a range of bytes. Offsets within a character or after the end are moved back.
    pub(crate) fn new(file: &str, source: &str, range: &Range<usize>) -> Self {
        let start = char_boundary(source, range.start);
        let line_start = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &source[line_start..];
        let line_text = rest.lines().next().unwrap_or("");
        let line_end = line_start + line_text.len();
        let end = char_boundary(source, range.end).clamp(start, line_end.max(start));
        Self {
            file: file.to_owned(),
            line: source[..start].matches('\n').count() + 1,
            column: source[line_start..start].chars().count() + 1,
            text: line_text.replace(|c: char| c.is_control() || c == '\u{feff}', " "),
            width: source[start..end].chars().count().max(1),
        }
    }
}

/// The last boundary between characters at or before an offset, which may be after the end.
pub(crate) fn char_boundary(text: &str, offset: usize) -> usize {
    let mut offsets = (0..=offset.min(text.len())).rev();
    offsets.find(|at| text.is_char_boundary(*at)).unwrap_or(0)
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
        writeln!(f, "{}", self.kind)?;
        writeln!(f, "{gutter}--> {file}:{line}:{column}")?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{line} | {}", text.trim_end())?;
        write!(f, "{gutter} | {indent}{}", "^".repeat(*width))?;
        if let Some(help) = self.help() {
            write!(f, "\n{gutter} = help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
