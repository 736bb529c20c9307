//! `cargo xtask setup`.

use anyhow::Result;

use crate::python::Environment;

/// Creates the environments that the demo and the tests need.
pub(crate) fn run() -> Result<()> {
    Environment::Dbt.install()?;
    Environment::Prefect.install()
}
