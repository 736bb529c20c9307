//! The launcher with each release of dbt, and all live tests without it.

use anyhow::{Result, bail};

use super::full::RunTests;
use crate::python::Environment;

/// dbt 1.x, by x. The live tests have 1.11.
const RELEASES: [u32; 7] = [5, 7, 8, 9, 10, 12, 13];

/// Compares each release by the launcher with the same release alone. All releases run, also after a failure.
pub(super) fn each_dbt(tests: &RunTests<'_>) -> Result<()> {
    let mut failed = Vec::new();
    for minor in RELEASES {
        println!("launcher: dbt 1.{minor}");
        if let Err(error) = with_release(tests, minor) {
            failed.push(format!("dbt 1.{minor}: {error:#}"));
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => bail!("{}", failed.join("\n")),
    }
}

fn with_release(tests: &RunTests<'_>, minor: u32) -> Result<()> {
    let environment = Environment::OtherDbt(minor);
    environment.install()?;
    let variables = [
        ("PREFECT_DBT_TEST_DBT", environment.program("dbt")),
        ("PREFECT_DBT_TEST_PYTHON", environment.program("python")),
    ];
    let variables = variables.map(|(name, path)| (name, path.display().to_string()));
    tests(&["--test", "live", "launched::"], &variables)
}

/// Runs the live tests without the launcher.
pub(super) fn off(tests: &RunTests<'_>) -> Result<()> {
    tests(
        &["--test", "live"],
        &[("PREFECT_DBT_LAUNCHER", "off".to_owned())],
    )
}
