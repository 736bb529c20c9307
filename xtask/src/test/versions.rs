//! The tests with the releases of dbt that come after the main one.

use anyhow::Result;

use super::full::RunTests;
use crate::python::Environment;

/// dbt 1.x, by x.
const RELEASES: [u32; 2] = [12, 13];

/// The live tests that each of them runs: builds, good and failing, with every edge, state, time and line compared with
/// what dbt wrote, and every command.
const LIVE: [&str; 2] = ["builds::", "commands::"];

/// Installs each release, and runs the tests with it.
pub(super) fn run(tests: &RunTests<'_>) -> Result<()> {
    for minor in RELEASES {
        println!("dbt 1.{minor}");
        let environment = Environment::OtherDbt(minor);
        environment.install()?;
        let variables = [
            ("PREFECT_DBT_TEST_DBT", environment.program("dbt")),
            ("PREFECT_DBT_TEST_PYTHON", environment.program("python")),
        ];
        let variables = variables.map(|(name, path)| (name, path.display().to_string()));
        tests(&[&["--test", "live", "--"][..], &LIVE].concat(), &variables)?;
        tests(&["--test", "full", "versions"], &variables)?;
    }
    Ok(())
}
