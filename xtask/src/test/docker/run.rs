//! The part: a daemon, the image of `docs/Dockerfile`, and the tests that run it.

use anyhow::Result;

use super::daemon::{self, Daemon};
use super::images;
use crate::python::Environment;
use crate::test::full::RunTests;

/// Makes the image, says how large it is, and runs the tests with it.
pub(in crate::test) fn run(tests: &RunTests<'_>) -> Result<()> {
    let bases = images::Bases::read()?;
    bases.check_machine()?;
    let daemon = Daemon::start()?;
    Environment::Worker.install()?;
    // The program is built with them.
    tests(&["--test", "full", "--no-run"], &[])?;
    let image = images::build(&daemon, &bases)?;
    let worker = Environment::Worker.program("prefect").display().to_string();
    let variables = [
        ("DOCKER_HOST", daemon.host()),
        ("DOCKER_CONFIG", daemon.config()),
        ("DOCKER_BUILDKIT", "1".to_owned()),
        ("PREFECT_DBT_TEST_DOCKER", daemon::CLIENT.to_owned()),
        ("PREFECT_DBT_TEST_DOCKER_IMAGE", image),
        ("PREFECT_DBT_TEST_WORKER", worker),
    ];
    // Prefect's worker gives a flow run up when the server is busy with that of another test.
    let one_by_one = ["--test", "full", "docker::", "--", "--test-threads=1"];
    tests(&one_by_one, &variables)
}
