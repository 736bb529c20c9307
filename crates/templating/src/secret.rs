//! Secret values: a text that does not show itself, and the variables that carry it to dbt.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A text that is never shown: `Debug` prints a placeholder and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretString(String);

impl SecretString {
    /// Wraps `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself, to be handed to the child process or to a masking filter.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// An environment variable that dbt must be started with.
///
/// The name begins with `DBT_ENV_SECRET_`, so dbt masks the value in everything that it writes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnvironmentVariable {
    /// The name, a function of the references in the file alone.
    pub name: String,
    /// The value.
    pub value: SecretString,
}

/// Hands out variable names: one per secret, never the same for two.
#[derive(Default)]
pub(crate) struct SecretNames {
    by_key: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    variables: Vec<EnvironmentVariable>,
}

impl SecretNames {
    /// Fixes the name for `key`, the spelling of a reference, without giving it a value.
    ///
    /// Called for every reference of a file before anything is rendered, so that a name does not
    /// depend on which of the references turn out to be secret.
    pub(crate) fn reserve(&mut self, key: &str) -> String {
        if let Some(name) = self.by_key.get(key) {
            return name.clone();
        }
        let base = format!("DBT_ENV_SECRET_{}", slug(key));
        let mut name = base.clone();
        // `a-b` and `a_b` share a slug: the later one in the file is numbered.
        let mut number = 2_usize;
        while self.taken.contains(&name) {
            name = format!("{base}_{number}");
            number += 1;
        }
        self.taken.insert(name.clone());
        self.by_key.insert(key.to_owned(), name.clone());
        name
    }

    /// The variable for `key`, which is set to `value`.
    pub(crate) fn assign(&mut self, key: &str, value: &str) -> String {
        let name = self.reserve(key);
        if !self.variables.iter().any(|known| known.name == name) {
            let value = SecretString::new(value);
            self.variables.push(EnvironmentVariable {
                name: name.clone(),
                value,
            });
        }
        name
    }

    pub(crate) fn into_variables(self) -> Vec<EnvironmentVariable> {
        self.variables
    }
}

fn slug(key: &str) -> String {
    let mut slug = String::with_capacity(key.len());
    for character in key.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_uppercase());
        } else if !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_spells_the_reference() {
        let mut names = SecretNames::default();
        assert_eq!(
            names.reserve("prefect.blocks.snowflake-credentials.warehouse-access.password"),
            "DBT_ENV_SECRET_PREFECT_BLOCKS_SNOWFLAKE_CREDENTIALS_WAREHOUSE_ACCESS_PASSWORD"
        );
        assert_eq!(names.reserve("a.list[0]"), "DBT_ENV_SECRET_A_LIST_0");
    }

    #[test]
    fn two_references_never_share_a_name() {
        let mut names = SecretNames::default();
        let first = names.reserve("prefect.blocks.secret.a-b");
        let second = names.reserve("prefect.blocks.secret.a_b");
        let third = names.reserve("prefect.blocks.secret.a_b_2");
        assert_eq!(second, format!("{first}_2"));
        assert_ne!(second, third);
        assert_eq!(names.reserve("prefect.blocks.secret.a-b"), first);
    }

    #[test]
    fn debug_shows_nothing() {
        let mut names = SecretNames::default();
        names.assign("x", "hunter2");
        assert!(!format!("{:?}", names.into_variables()).contains("hunter2"));
    }
}
