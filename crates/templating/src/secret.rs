//! Secret values, and the environment variables that pass them to dbt.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A secret text. `Debug` shows a placeholder, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretString(String);

impl SecretString {
    /// Marks `value` as secret.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Returns the text, to pass it to the child process or to a filter that masks it.
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

/// An environment variable to start dbt with.
///
/// The name begins with `DBT_ENV_SECRET_`, so dbt masks the value in its output.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnvironmentVariable {
    /// The name. It depends only on the references in the file.
    pub name: String,
    /// The value of the variable.
    pub value: SecretString,
    /// The reference that it is the value of, such as `prefect.blocks.secret.warehouse`.
    pub reference: String,
}

/// Assigns names of variables: one to each secret.
#[derive(Default)]
pub(crate) struct SecretNames {
    by_key: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    variables: Vec<EnvironmentVariable>,
}

impl SecretNames {
    /// Reserves the name for `key`, which is the text of a reference.
    ///
    /// Called for each reference of a file before anything is rendered, so that a name does not
    /// depend on which references are secret.
    pub(crate) fn reserve(&mut self, key: &str) -> String {
        if let Some(name) = self.by_key.get(key) {
            return name.clone();
        }
        let base = format!("DBT_ENV_SECRET_{}", slug(key));
        let mut name = base.clone();
        // `a-b` and `a_b` have the same slug: the later one in the file gets a number.
        let mut number = 2_usize;
        while self.taken.contains(&name) {
            name = format!("{base}_{number}");
            number += 1;
        }
        self.taken.insert(name.clone());
        self.by_key.insert(key.to_owned(), name.clone());
        name
    }

    /// Sets the variable for `key` to `value`, and returns its name.
    pub(crate) fn assign(&mut self, key: &str, value: &str) -> String {
        let name = self.reserve(key);
        if !self.variables.iter().any(|known| known.name == name) {
            let value = SecretString::new(value);
            self.variables.push(EnvironmentVariable {
                name: name.clone(),
                value,
                reference: key.to_owned(),
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
    fn a_name_contains_the_reference() {
        let mut names = SecretNames::default();
        assert_eq!(
            names.reserve("prefect.blocks.snowflake-credentials.warehouse-access.password"),
            "DBT_ENV_SECRET_PREFECT_BLOCKS_SNOWFLAKE_CREDENTIALS_WAREHOUSE_ACCESS_PASSWORD"
        );
        assert_eq!(names.reserve("a.list[0]"), "DBT_ENV_SECRET_A_LIST_0");
    }

    #[test]
    fn two_references_have_different_names() {
        let mut names = SecretNames::default();
        let first = names.reserve("prefect.blocks.secret.a-b");
        let second = names.reserve("prefect.blocks.secret.a_b");
        let third = names.reserve("prefect.blocks.secret.a_b_2");
        assert_eq!(second, format!("{first}_2"));
        assert_ne!(second, third);
        assert_eq!(names.reserve("prefect.blocks.secret.a-b"), first);
    }

    #[test]
    fn debug_shows_no_secret() {
        let mut names = SecretNames::default();
        names.assign("x", "hunter2");
        assert!(!format!("{:?}", names.into_variables()).contains("hunter2"));
    }
}
