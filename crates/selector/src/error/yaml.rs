//! What can be wrong with `selectors.yml`, apart from the criteria in it.

use thiserror::Error;

/// What is wrong with `selectors.yml`.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum YamlMistake {
    /// The file is not YAML.
    #[error("not readable as YAML: {reason}")]
    Syntax {
        /// What the YAML parser says, with line and column.
        reason: String,
    },
    /// Jinja that cannot be rendered.
    #[error("cannot render `{text}`: {reason}")]
    Jinja {
        /// The text with the Jinja.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A value of the wrong type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What may stand there.
        expected: &'static str,
        /// What does.
        found: String,
    },
    /// A key that is required.
    #[error("`{key}` is missing")]
    MissingKey {
        /// The key.
        key: &'static str,
    },
    /// A key that nobody knows.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// The key.
        key: String,
        /// The keys that may stand there.
        known: &'static [&'static str],
    },
    /// More than one selector with `default: true`.
    #[error("`{first}` and `{second}` are both the default")]
    SeveralDefaults {
        /// The earlier selector.
        first: String,
        /// The later one.
        second: String,
    },
    /// A mapping that is neither a criterion nor a set operation.
    #[error("a definition has one key, or `method` and `value`; this one has {}", list(.keys))]
    Shape {
        /// Its keys.
        keys: Vec<String>,
    },
    /// `union` or `intersection` with other keys, at the top of a definition.
    #[error("`{operation}` must be the only key at the top of a definition; also found {}", list(.others))]
    NotAlone {
        /// `union` or `intersection`.
        operation: &'static str,
        /// The other keys.
        others: Vec<String>,
    },
    /// Two exclusions in one list.
    #[error("only one entry of a list can have `exclude`")]
    SeveralExclusions,
    /// A named selector that is not defined, or not yet.
    #[error("no selector `{name}` is defined {}", if *.above { "above" } else { "in selectors.yml" })]
    UnknownSelector {
        /// The name.
        name: String,
        /// Whether only the selectors above may be named.
        above: bool,
        /// The names that may stand there.
        known: Vec<String>,
    },
    /// A number of layers that is no number.
    #[error("`{value}` is not a number of layers")]
    Depth {
        /// The text in its place.
        value: String,
    },
    /// A mode of indirect selection that does not exist.
    #[error("`{value}` is not a mode of indirect selection")]
    Mode {
        /// The text in its place.
        value: String,
    },
}

impl YamlMistake {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { known, .. } => Some(format!("the keys are {}", list(known))),
            Self::SeveralDefaults { .. } => Some("leave `default: true` with one of them".into()),
            Self::SeveralExclusions => Some("put everything to exclude into one list".into()),
            Self::UnknownSelector { known, .. } if known.is_empty() => None,
            Self::UnknownSelector { above, known, .. } => {
                let which = if *above { "defined above" } else { "defined" };
                Some(format!("{which}: {}", list(known)))
            }
            Self::Mode { .. } => {
                Some("the modes are `eager`, `cautious`, `buildable` and `empty`".into())
            }
            Self::NotAlone { .. } => Some("put the other keys into an entry of its list".into()),
            Self::Shape { .. } | Self::Depth { .. } | Self::Type { .. } => None,
            Self::Syntax { .. } | Self::Jinja { .. } | Self::MissingKey { .. } => None,
        }
    }
}

fn list(names: &[impl AsRef<str>]) -> String {
    if names.is_empty() {
        return "none".into();
    }
    let quoted: Vec<String> = names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    quoted.join(", ")
}
