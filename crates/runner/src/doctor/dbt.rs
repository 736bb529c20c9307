//! Checks the dbt executable, by the output of `dbt --version`.

use std::path::Path;

use serde_json::{Map, Value};

use super::report::Check;
use crate::dbt::DbtVersion;

const ID: &str = "dbt";
/// The oldest dbt version whose log has events for nodes.
const OLDEST: (u32, u32) = (1, 5);

/// Checks the dbt that was found, by its version or the reason why that is not known.
pub(super) fn check(path: &Path, version: &Result<DbtVersion, String>) -> Check {
    let shown = path.display();
    let found = match version {
        Ok(found) => found,
        Err(problem) => {
            return Check::problem(
                ID,
                format!("`{shown} --version` failed: {problem}"),
                "run the command to see the problem; if it does not work, reinstall dbt",
            );
        }
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
    check
        .detail("path", shown.to_string())
        .detail("version", version.as_str())
        .detail("adapters", adapters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Status;

    const CLASSIC: &str =
        "Core:\n  - installed: 1.11.16\n\nPlugins:\n  - duckdb:   1.11.1 - Up to date!\n";

    #[test]
    fn a_dbt_that_cannot_run_is_a_problem() {
        let status = |version| check(Path::new("dbt"), &version).status;
        let of = |output| Ok(DbtVersion::parse(output).unwrap());
        assert_eq!(status(of(CLASSIC)), Status::Ok);
        assert_eq!(status(of("dbt-fusion 2.0.0\n")), Status::Ok);
        for output in [
            "Core:\n  - installed: 1.4.9\nPlugins:\n  - duckdb: 1.4.0\n",
            "Core:\n  - installed: 1.11.0\nPlugins:\n",
        ] {
            assert_eq!(status(of(output)), Status::Problem, "{output}");
        }
        assert_eq!(status(Err("it was killed".to_owned())), Status::Problem);
    }
}
