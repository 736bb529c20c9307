//! Input for rendering: the blocks and variables, already fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value as Json;

/// Returns the blocks and variables that a template refers to.
///
/// Rendering is synchronous: fetch [`Template::sources`](crate::Template::sources) first, by
/// any means, and return them from memory. [`Resolved`] is such an implementation.
pub trait Resolver {
    /// The block with this type and name; `None` if it does not exist.
    fn block(&self, type_slug: &str, name: &str) -> Option<&Block>;

    /// The value of this variable; `None` if it does not exist.
    fn variable(&self, name: &str) -> Option<&Json>;

    /// The names of existing blocks of this type, for error messages.
    fn known_blocks(&self, _type_slug: &str) -> Vec<String> {
        Vec::new()
    }

    /// The names of existing variables, for error messages.
    fn known_variables(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The data of a block, and which of its fields are secret.
#[derive(Clone)]
pub struct Block {
    data: Json,
    secret_fields: Vec<String>,
}

impl Block {
    /// A block without secret fields.
    #[must_use]
    pub fn new(data: Json) -> Self {
        Self {
            data,
            secret_fields: Vec::new(),
        }
    }

    /// Marks fields as secret, in the form of `secret_fields` in a block schema: dots between
    /// names, `*` for any name (`password`, `creds.token`, `info.*`). All values below a field are secret too.
    #[must_use]
    pub fn secret_fields(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.secret_fields
            .extend(fields.into_iter().map(Into::into));
        self
    }

    pub(crate) fn data(&self) -> &Json {
        &self.data
    }

    /// Whether the value at `path` is secret. A pattern needs no step for a position in a list (`None`).
    pub(crate) fn is_secret(&self, path: &[Option<String>]) -> bool {
        self.secret_fields.iter().any(|field| {
            let pattern: Vec<&str> = field.split('.').collect();
            covers(&pattern, path)
        })
    }
}

fn covers(pattern: &[&str], path: &[Option<String>]) -> bool {
    let Some((first, later)) = pattern.split_first() else {
        return true;
    };
    let Some((step, below)) = path.split_first() else {
        return false;
    };
    match step {
        Some(key) => (*first == "*" || first == key) && covers(later, below),
        None => (*first == "*" && covers(later, below)) || covers(pattern, below),
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Block")
            .field("secret_fields", &self.secret_fields)
            .finish_non_exhaustive()
    }
}

/// Blocks and variables in memory.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    blocks: BTreeMap<(String, String), Block>,
    variables: BTreeMap<String, Json>,
    other_blocks: BTreeSet<(String, String)>,
    other_variables: BTreeSet<String>,
}

impl Resolved {
    /// No blocks and no variables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a block.
    #[must_use]
    pub fn block(
        mut self,
        type_slug: impl Into<String>,
        name: impl Into<String>,
        block: Block,
    ) -> Self {
        self.blocks.insert((type_slug.into(), name.into()), block);
        self
    }

    /// Adds a variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<Json>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Adds the name of a block that exists but is not fetched, for error messages.
    #[must_use]
    pub fn known_block(mut self, type_slug: impl Into<String>, name: impl Into<String>) -> Self {
        self.other_blocks.insert((type_slug.into(), name.into()));
        self
    }

    /// Adds the name of a variable that exists but is not fetched, for error messages.
    #[must_use]
    pub fn known_variable(mut self, name: impl Into<String>) -> Self {
        self.other_variables.insert(name.into());
        self
    }
}

impl Resolver for Resolved {
    fn block(&self, type_slug: &str, name: &str) -> Option<&Block> {
        self.blocks.get(&(type_slug.to_owned(), name.to_owned()))
    }

    fn variable(&self, name: &str) -> Option<&Json> {
        self.variables.get(name)
    }

    fn known_blocks(&self, type_slug: &str) -> Vec<String> {
        let all: BTreeSet<&String> = self
            .blocks
            .keys()
            .chain(&self.other_blocks)
            .filter(|(slug, _)| slug == type_slug)
            .map(|(_, name)| name)
            .collect();
        all.into_iter().cloned().collect()
    }

    fn known_variables(&self) -> Vec<String> {
        let all: BTreeSet<&String> = self.variables.keys().chain(&self.other_variables).collect();
        all.into_iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(steps: &[&str]) -> Vec<Option<String>> {
        steps
            .iter()
            .map(|step| (*step != "[]").then(|| (*step).to_owned()))
            .collect()
    }

    #[test]
    fn a_secret_field_makes_all_values_below_it_secret() {
        let block = Block::new(json!({})).secret_fields(["password", "creds.*", "users.token"]);
        for secret in [
            &["password"][..],
            &["password", "deep"],
            &["creds", "a"],
            &["creds", "a", "[]"],
            &["users", "[]", "token"],
        ] {
            assert!(block.is_secret(&path(secret)), "{secret:?}");
        }
        for open in [&[][..], &["creds"], &["user"], &["users", "[]", "name"]] {
            assert!(!block.is_secret(&path(open)), "{open:?}");
        }
    }

    #[test]
    fn debug_shows_no_data() {
        let block = Block::new(json!({"password": "hunter2"})).secret_fields(["password"]);
        let resolved = Resolved::new().block("secret", "x", block);
        assert!(!format!("{resolved:?}").contains("hunter2"));
    }
}
