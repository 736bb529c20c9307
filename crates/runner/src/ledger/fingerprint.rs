//! What an attempt ran, as hashes: a retry must run the same.

use serde::{Deserialize, Serialize};

use crate::model::text_hash;

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
            project: text_hash(project.iter().copied()),
            target: text_hash(target.iter().copied()),
            engine: text_hash(engine.iter().copied()),
            arguments: text_hash(arguments.iter().copied()),
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
