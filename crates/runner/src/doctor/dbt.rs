//! Checks the dbt executable, by the output of `dbt --version`.

use std::path::Path;

use serde_json::{Map, Value};

use super::report::Check;

const ID: &str = "dbt";
/// The oldest dbt version whose log has events for nodes.
const OLDEST: (u32, u32) = (1, 5);

/// The versions that `dbt --version` prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DbtVersion {
    pub(super) version: String,
    /// Name and version of each installed adapter. dbt 2 has its adapters built in and lists none.
    pub(super) adapters: Vec<(String, String)>,
}

impl DbtVersion {
    /// Reads the output of `dbt --version`.
    pub(super) fn parse(output: &str) -> Option<Self> {
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

    fn numbers(&self) -> Option<(u32, u32)> {
        let mut numbers = self.version.split(['.', '-']).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    }

    /// Whether a profile can have this type. Always true for dbt 2, whose built-in adapters are not known.
    pub(super) fn has_adapter(&self, kind: &str) -> bool {
        let is_old = self.numbers().is_none_or(|(major, _)| major < 2);
        !is_old || self.adapters.iter().any(|(name, _)| name == kind)
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

/// Checks the dbt that was found, by the output of `dbt --version` or the reason why there is none.
pub(super) fn check(path: &Path, output: Result<&str, String>) -> (Check, Option<DbtVersion>) {
    let shown = path.display();
    let reinstall = "run the command to see the problem; if it does not work, reinstall dbt";
    let output = match output {
        Ok(output) => output,
        Err(problem) => {
            let finding = format!("`{shown} --version` failed: {problem}");
            return (Check::problem(ID, finding, reinstall), None);
        }
    };
    let Some(found) = DbtVersion::parse(output) else {
        let finding = format!("`{shown} --version` does not print a version");
        return (Check::problem(ID, finding, reinstall), None);
    };
    let version = &found.version;
    let mut listed: Vec<String> = found
        .adapters
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    if listed.is_empty() {
        listed.push("none listed".to_owned());
    }
    let finding = format!("dbt {version} at {shown}; adapters: {}", listed.join(", "));
    let check = if found.numbers().is_some_and(|numbers| numbers < OLDEST) {
        Check::problem(
            ID,
            finding,
            "install dbt 1.5 or newer: older versions do not log what prefect-dbt needs",
        )
    } else if found.numbers().is_some_and(|(major, _)| major < 2) && found.adapters.is_empty() {
        Check::problem(
            ID,
            finding,
            "install the adapter for your database, for example with `pip install dbt-duckdb`",
        )
    } else {
        Check::ok(ID, finding)
    };
    let adapters: Map<String, Value> = found
        .adapters
        .iter()
        .map(|(name, version)| (name.clone(), version.as_str().into()))
        .collect();
    let check = check
        .detail("path", shown.to_string())
        .detail("version", version.as_str())
        .detail("adapters", adapters);
    (check, Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Status;

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

    #[test]
    fn a_dbt_that_cannot_run_is_a_problem() {
        let status = |output| check(Path::new("dbt"), output).0.status;
        assert_eq!(status(Ok(CLASSIC)), Status::Ok);
        assert_eq!(status(Ok("dbt-fusion 2.0.0\n")), Status::Ok);
        for output in [
            "Core:\n  - installed: 1.4.9\nPlugins:\n  - duckdb: 1.4.0\n",
            "Core:\n  - installed: 1.11.0\nPlugins:\n",
            "nothing of use",
        ] {
            assert_eq!(status(Ok(output)), Status::Problem, "{output}");
        }
        assert_eq!(status(Err("it was killed".to_owned())), Status::Problem);
    }

    proptest::proptest! {
        #[test]
        fn any_output_can_be_checked(output in "(Core:|Plugins:| |- |installed|dbt|\\n|[0-9.]|\\PC){0,60}") {
            let _ = check(Path::new("dbt"), Ok(&output));
        }
    }
}
