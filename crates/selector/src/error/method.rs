//! Values and methods that cannot be used.

use thiserror::Error;

use crate::dialect::Dialect;
use crate::hint::nearest;
use crate::method::{MethodName, RESOURCE_TYPES, kind_since};

/// A value that its method does not accept, or a method that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MethodError {
    /// The method exists only in later versions of dbt.
    #[error("dbt {dialect} does not have the method `{method}`")]
    TooNew {
        /// The method.
        method: MethodName,
        /// The version of dbt whose rules apply.
        dialect: Dialect,
    },
    /// A YAML value that is not a text, for a method that compares texts.
    #[error("`{method}:` expects a text, not {value}")]
    NotText {
        /// The method.
        method: MethodName,
        /// The value, as JSON.
        value: String,
    },
    /// The value has more dots than the method allows.
    #[error("`{value}` has too many parts for `{method}:`")]
    TooManyParts {
        /// The method.
        method: MethodName,
        /// The value.
        value: String,
    },
    /// The method has a fixed set of values, and this is not one of them.
    #[error("invalid value `{value}` for `{method}:`")]
    UnknownValue {
        /// The method.
        method: MethodName,
        /// The value.
        value: String,
    },
    /// The value is one of the method's only in later versions of dbt.
    #[error("dbt {dialect} does not have `{method}:{value}`")]
    NewValue {
        /// The method.
        method: MethodName,
        /// The value.
        value: String,
        /// The version of dbt whose rules apply.
        dialect: Dialect,
    },
    /// There is no selector with this name in `selectors.yml`.
    #[error("there is no selector `{name}`")]
    UnknownSelector {
        /// The name, or the pattern.
        name: String,
    },
    /// A selector refers to itself, directly or through others.
    #[error("the selector `{name}` refers to itself")]
    CyclicSelector {
        /// The name of the selector.
        name: String,
    },
}

impl MethodError {
    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::TooNew { method, .. } => format!("use dbt {} or later", method.since()),
            Self::NewValue { value, .. } => format!("use dbt {} or later", kind_since(value)),
            Self::NotText { .. } => "put the value in quotes".into(),
            Self::TooManyParts { method: MethodName::Source, .. } => {
                "write `source`, `source.table` or `package.source.table`; in a name, `?` matches a dot".into()
            }
            Self::TooManyParts { .. } => "write `name` or `package.name`; in a name, `?` matches a dot".into(),
            Self::UnknownValue { method: MethodName::ResourceType, value } => match value.as_str() {
                "data_test" => "write `test`".into(),
                value => near_or_all(value, RESOURCE_TYPES),
            },
            Self::UnknownValue { method: MethodName::TestType, value } => {
                near_or_all(value, &["generic", "singular", "data", "unit"])
            }
            Self::UnknownValue { value, .. } => near_or_all(value, &["latest", "prerelease", "old", "none"]),
            Self::UnknownSelector { .. } => "define the selector in selectors.yml".into(),
            Self::CyclicSelector { .. } => "remove the reference that leads back to the selector".into(),
        }
    }
}

fn near_or_all(value: &str, all: &[&str]) -> String {
    match nearest(value, all.iter().copied()) {
        Some(likely) => format!("did you mean `{likely}`?"),
        None => format!("the values are {}", all.join(", ")),
    }
}
