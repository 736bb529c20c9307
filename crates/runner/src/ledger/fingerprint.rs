//! What an attempt ran, as hashes: a retry must run the same.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Hashes of what an attempt ran. The arguments may hold secrets, and cannot be read from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    project: String,
    target: String,
    engine: String,
    arguments: String,
}

impl Fingerprint {
    /// The hashes of the project's name, of its profile and target, of the engine and version of dbt, and of dbt's
    /// arguments.
    pub(crate) fn new(
        project: &[&str],
        target: &[&str],
        engine: &[&str],
        arguments: &[&str],
    ) -> Self {
        Self {
            project: hash(project),
            target: hash(target),
            engine: hash(engine),
            arguments: hash(arguments),
        }
    }

    /// What differs from another one, for a message.
    #[cfg(feature = "cli")]
    pub(crate) fn difference(&self, other: &Self) -> Option<&'static str> {
        let parts = [
            (&self.project, &other.project, "project"),
            (&self.target, &other.target, "target"),
            (&self.engine, &other.engine, "version of dbt"),
            (&self.arguments, &other.arguments, "dbt command"),
        ];
        let differs = parts.into_iter().find(|(one, two, _)| one != two);
        differs.map(|(.., name)| name)
    }
}

/// A hash of texts. Their lengths count: `["a", "b"]` is not `["ab"]`.
fn hash(texts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(text.len().to_le_bytes());
        hasher.update(text);
    }
    let bytes = hasher.finalize();
    bytes[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named_and_no_text_is_kept() {
        let of = |engine, arguments: &[&str]| {
            Fingerprint::new(&["shop"], &["shop", "prod"], &[engine], arguments)
        };
        let one = of("1.11.16", &["build", "--vars", "{key: hunter2}"]);
        assert_eq!(one.difference(&one.clone()), None);
        let joined = of("1.11.16", &["build", "--vars{key: hunter2}"]);
        assert_eq!(one.difference(&joined), Some("dbt command"));
        let newer = of("1.12.0", &["build", "--vars", "{key: hunter2}"]);
        assert_eq!(one.difference(&newer), Some("version of dbt"));
        assert!(!serde_json::to_string(&one).unwrap().contains("hunter2"));
    }
}
