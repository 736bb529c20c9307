//! `cargo xtask test`.

use anyhow::Result;

use crate::python::Environment;
use crate::server::{Server, quiet_environment};
use crate::{process, setup};

/// Every test of the workspace, those against the real dbt and Prefect included.
pub(crate) fn run(args: &[String]) -> Result<()> {
    setup::run()?;
    let server = Server::start()?;
    let mut cargo = process::cargo();
    quiet_environment(&mut cargo);
    cargo
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(args)
        .env("PREFECT_DBT_TEST_API", server.api())
        .env("PREFECT_DBT_TEST_DBT", Environment::Dbt.program("dbt"))
        .env(
            "PREFECT_DBT_TEST_PYTHON",
            Environment::Dbt.program("python"),
        )
        .env(
            "PREFECT_DBT_TEST_PREFECT",
            Environment::Prefect.program("prefect"),
        );
    process::run(&mut cargo)
}
