//! Errors in `selectors.yml` outside of its criteria.

use thiserror::Error;

use crate::hint::nearest;

/// An error in `selectors.yml`.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum YamlError {
    /// The file is not YAML.
    #[error("invalid YAML: {reason}")]
    Syntax {
        /// The message of the YAML parser, with line and column.
        reason: String,
    },
    /// Jinja that cannot be rendered.
    #[error("cannot render `{text}`: {reason}")]
    Jinja {
        /// The text with the Jinja.
        text: String,
        /// The message of the renderer.
        reason: String,
    },
    /// A value of the wrong type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// The allowed types.
        expected: &'static str,
        /// The type of the value.
        found: String,
    },
    /// A required key is missing.
    #[error("the key `{key}` is missing")]
    MissingKey {
        /// The key.
        key: &'static str,
    },
    /// An unknown key.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// The key.
        key: String,
        /// The allowed keys.
        known: &'static [&'static str],
    },
    /// More than one selector with `default: true`.
    #[error("`{first}` and `{second}` both have `default: true`")]
    SeveralDefaults {
        /// The name of the first selector.
        first: String,
        /// The name of the second selector.
        second: String,
    },
    /// A mapping that is neither a criterion nor a set operation.
    #[error("a definition has one key, or `method` and `value`; this one has {}", list(.keys))]
    Shape {
        /// The keys of the mapping.
        keys: Vec<String>,
    },
    /// `union` or `intersection` together with other keys, at the top of a definition.
    #[error("`{operation}` must be the only key at the top of a definition; also found {}", list(.others))]
    NotAlone {
        /// `union` or `intersection`.
        operation: &'static str,
        /// The other keys.
        others: Vec<String>,
    },
    /// Two `exclude` entries in one list.
    #[error("only one entry of a list can have `exclude`")]
    SeveralExclusions,
    /// A selector that is not defined, or not before the place that refers to it.
    #[error("no selector `{name}` is defined {}", if *.above { "above" } else { "in selectors.yml" })]
    UnknownSelector {
        /// The name.
        name: String,
        /// Whether only the selectors above can be used.
        above: bool,
        /// The names that can be used.
        known: Vec<String>,
    },
    /// The number of layers is not a number.
    #[error("invalid number of layers `{value}`")]
    Depth {
        /// The text.
        value: String,
    },
    /// Not a mode of indirect selection.
    #[error("invalid mode of indirect selection `{value}`")]
    Mode {
        /// The text.
        value: String,
    },
}

impl YamlError {
    /// What to do about it, if there is an obvious thing to do.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::UnknownKey { known, .. } => Some(format!("the keys are {}", list(known))),
            Self::SeveralDefaults { .. } => {
                Some("set `default: true` for one selector only".into())
            }
            Self::SeveralExclusions => Some("put all exclusions into one list".into()),
            Self::UnknownSelector { known, .. } if known.is_empty() => None,
            Self::UnknownSelector { name, above, known } => {
                if let Some(likely) = nearest(name, known.iter().map(String::as_str)) {
                    return Some(format!("did you mean `{likely}`?"));
                }
                let which = if *above {
                    "selectors defined above"
                } else {
                    "defined selectors"
                };
                Some(format!("{which}: {}", list(known)))
            }
            Self::Mode { .. } => {
                Some("the modes are `eager`, `cautious`, `buildable` and `empty`".into())
            }
            Self::NotAlone { .. } => Some("move the other keys into an entry of its list".into()),
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
