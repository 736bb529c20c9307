//! The version of a dbt executable, and of its adapters.

use serde::{Deserialize, Serialize};

#[cfg(feature = "cli")]
use super::command_line::Engine;

/// The versions that `dbt --version` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DbtVersion {
    /// The version, such as `1.11.16` or `2.0.0-beta.2`.
    pub(crate) version: String,
    /// Name and version of each installed adapter. dbt 2 has its adapters built in and lists none.
    pub(crate) adapters: Vec<(String, String)>,
}

impl DbtVersion {
    /// A version without adapters.
    pub(crate) fn new(version: impl Into<String>) -> Self {
        Self {
            version: version.into(),
            adapters: Vec::new(),
        }
    }

    /// Reads the output of `dbt --version`.
    pub(crate) fn parse(output: &str) -> Option<Self> {
        let mut version = None;
        let mut adapters = Vec::new();
        let mut in_plugins = false;
        for line in output.lines() {
            if let Some(installed) = line.trim().strip_prefix("- installed:") {
                version = Some(installed.trim().to_owned());
            } else if !line.starts_with(' ') && line.trim_end().ends_with(':') {
                in_plugins = line.starts_with("Plugins");
            } else if let Some((name, rest)) = line
                .trim()
                .strip_prefix("- ")
                .filter(|_| in_plugins)
                .and_then(|entry| entry.split_once(": "))
            {
                let found = rest.split_whitespace().next().unwrap_or_default();
                adapters.push((name.to_owned(), found.to_owned()));
            }
        }
        let version = version.or_else(|| single_line(output))?;
        Some(Self { version, adapters })
    }

    /// Major and minor number.
    pub(crate) fn numbers(&self) -> Option<(u32, u32)> {
        let mut numbers = self.version.split(['.', '-']).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    }

    /// The engine. A version that cannot be read counts as one of dbt 1.
    #[cfg(feature = "cli")]
    pub(crate) fn engine(&self) -> Engine {
        match self.numbers() {
            Some((2.., _)) => Engine::Fusion,
            _ => Engine::Core,
        }
    }

    /// Whether a profile can have this type. Always true for dbt 2, whose built-in adapters are not known.
    #[cfg(feature = "cli")]
    pub(crate) fn has_adapter(&self, kind: &str) -> bool {
        self.engine() == Engine::Fusion || self.adapters.iter().any(|(name, _)| name == kind)
    }
}

/// The version of dbt 2, which prints its name and version in one line.
fn single_line(output: &str) -> Option<String> {
    output.lines().find_map(|line| {
        let (name, version) = line.trim().split_once(' ')?;
        let is_version = version.starts_with(|c: char| c.is_ascii_digit());
        (name.starts_with("dbt") && is_version).then(|| version.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSIC: &str = "Core:\n  - installed: 1.11.16\n  - latest:    1.12.6  - Update available!\n\n  Your version of dbt-core is out of date!\n\nPlugins:\n  - duckdb:   1.11.1 - Up to date!\n  - postgres: 1.9.0  - Not compatible!\n\n\n";

    #[test]
    fn the_output_of_dbt_1_and_of_dbt_2_is_read() {
        let found = DbtVersion::parse(CLASSIC).unwrap();
        assert_eq!(found.version, "1.11.16");
        let adapters = [("duckdb", "1.11.1"), ("postgres", "1.9.0")];
        assert_eq!(
            found.adapters,
            adapters.map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        assert!(found.has_adapter("duckdb") && !found.has_adapter("snowflake"));
        let found = DbtVersion::parse("dbt-fusion 2.0.0-beta.3\n").unwrap();
        assert_eq!(found.version, "2.0.0-beta.3");
        assert!(found.has_adapter("snowflake"));
        assert_eq!(DbtVersion::parse("hello: world"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_output_can_be_read(output in "(Core:|Plugins:| |- |installed|dbt|\\n|[0-9.]|\\PC){0,60}") {
            if let Some(found) = DbtVersion::parse(&output) {
                let _ = (found.numbers(), found.engine());
            }
        }
    }
}
