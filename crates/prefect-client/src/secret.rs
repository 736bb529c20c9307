//! Texts that must not be shown.

use std::fmt;

/// A credential. Its `Debug` form is masked and it has no `Display`. Only [`Secret::expose`] returns the text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Marks the text as secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for sending it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Replaces each of `secrets` in `text`. Secrets of less than four characters are skipped, because they would mask parts of
/// other words.
pub(crate) fn mask<'a>(text: &str, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    secrets
        .into_iter()
        .filter(|secret| secret.expose().len() >= 4)
        .fold(text.to_owned(), |text, secret| {
            text.replace(secret.expose(), "***")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_and_mask_hide_the_secret() {
        let secret = Secret::new("hunter22");
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        assert_eq!(mask("bad key hunter22!", [&secret]), "bad key ***!");
        assert_eq!(mask("a", [&Secret::new("a")]), "a");
    }
}
