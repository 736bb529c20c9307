//! Values that a method does not take.

use thiserror::Error;

use crate::dialect::Dialect;
use crate::hint::nearest;
use crate::method::{MethodName, RESOURCE_TYPES};

/// A value that its method does not take, or a method that is not there to take it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MethodError {
    /// A method that came with a later dbt.
    #[error("dbt {dialect} has no method `{method}`")]
    TooNew {
        /// The method.
        method: MethodName,
        /// The dbt whose rules are followed.
        dialect: Dialect,
    },
    /// A YAML value that is no text, for a method that compares texts.
    #[error("`{method}` takes a text, not {value}")]
    NotText {
        /// The method.
        method: MethodName,
        /// The value, as JSON.
        value: String,
    },
    /// More dots than the method's values have.
    #[error("`{value}` has too many parts for `{method}:`")]
    TooManyParts {
        /// The method.
        method: MethodName,
        /// The value.
        value: String,
    },
    /// A method with a fixed set of values, and another value.
    #[error("`{value}` is no value of `{method}:`")]
    UnknownValue {
        /// The method.
        method: MethodName,
        /// The value.
        value: String,
    },
    /// No selector of that name in `selectors.yml`.
    #[error("no selector is called `{name}`")]
    UnknownSelector {
        /// The name, or the pattern that no name matches.
        name: String,
    },
    /// A selector that refers to itself.
    #[error("the selector `{name}` refers to itself")]
    CyclicSelector {
        /// The name.
        name: String,
    },
}

impl MethodError {
    /// What to write in its place.
    pub fn hint(&self) -> String {
        match self {
            Self::TooNew { method, .. } => format!("it came with dbt {}", method.since()),
            Self::NotText { .. } => "put the value in quotes".into(),
            Self::TooManyParts { method: MethodName::Source, .. } => {
                "write `source`, `source.table` or `package.source.table`; `?` stands for a dot in a name".into()
            }
            Self::TooManyParts { .. } => "write `name` or `package.name`; `?` stands for a dot in a name".into(),
            Self::UnknownValue { method: MethodName::ResourceType, value } => match value.as_str() {
                "data_test" => "write `test`".into(),
                value => near_or_all(value, RESOURCE_TYPES),
            },
            Self::UnknownValue { method: MethodName::TestType, value } => {
                near_or_all(value, &["generic", "singular", "data", "unit"])
            }
            Self::UnknownValue { value, .. } => near_or_all(value, &["latest", "prerelease", "old", "none"]),
            Self::UnknownSelector { .. } => "selectors are defined in selectors.yml".into(),
            Self::CyclicSelector { .. } => "let it name selectors that do not lead back to it".into(),
        }
    }
}

fn near_or_all(value: &str, all: &[&str]) -> String {
    match nearest(value, all.iter().copied()) {
        Some(likely) => format!("did you mean `{likely}`?"),
        None => format!("values are {}", all.join(", ")),
    }
}
