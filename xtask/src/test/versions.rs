//! The tests with other releases of dbt than the main one, which the live tests have otherwise.

use anyhow::{Result, bail};

use super::full::RunTests;
use crate::python::Environment;

/// The live tests of the releases after the main one: builds, good and failing, with every edge, state, time and line
/// compared with what dbt wrote, and every command. Then their own times and selections.
const LATER: [&[&str]; 2] = [
    &[
        "--test",
        "live",
        "--",
        "builds::",
        "commands::",
        "--skip=dbt2_",
    ],
    &["--test", "full", "versions"],
];

/// Runs the tests with dbt 1.12 and 1.13.
pub(super) fn later(tests: &RunTests<'_>) -> Result<()> {
    each(&[12, 13], &LATER, tests)
}

/// Compares each release by the launcher with the same release alone.
pub(super) fn launched(tests: &RunTests<'_>) -> Result<()> {
    let launched: &[&str] = &["--test", "live", "launched::"];
    each(&[5, 7, 8, 9, 10, 12, 13], &[launched], tests)
}

/// Installs each release (dbt 1.x, by x), and runs the tests of each target with it. All of them run, also after a failure.
fn each(releases: &[u32], targets: &[&[&str]], tests: &RunTests<'_>) -> Result<()> {
    let mut failed = Vec::new();
    for &minor in releases {
        println!("dbt 1.{minor}");
        if let Err(error) = with_release(minor, targets, tests) {
            failed.push(format!("dbt 1.{minor}: {error:#}"));
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => bail!("{}", failed.join("\n")),
    }
}

fn with_release(minor: u32, targets: &[&[&str]], tests: &RunTests<'_>) -> Result<()> {
    let environment = Environment::OtherDbt(minor);
    environment.install()?;
    let program = |name| environment.program(name).display().to_string();
    let variables = [
        ("PREFECT_DBT_TEST_DBT", program("dbt")),
        ("PREFECT_DBT_TEST_PYTHON", program("python")),
    ];
    let results: Vec<_> = targets
        .iter()
        .map(|target| tests(target, &variables))
        .collect();
    results.into_iter().collect()
}
