//! The tests of what a Kubernetes cluster gets. They need no cluster.

use anyhow::Result;

use super::full::RunTests;
use crate::python::Environment;

/// Runs them with Prefect's Kubernetes worker.
pub(super) fn run(tests: &RunTests<'_>) -> Result<()> {
    Environment::Worker.install()?;
    let worker = Environment::Worker.program("prefect");
    let variable = ("PREFECT_DBT_TEST_WORKER", worker.display().to_string());
    tests(&["--test", "full", "kubernetes::"], &[variable])
}
