//! `cargo deny`: the licences and sources of all dependencies, and packages that must not be among them.

use std::process::Command;

use anyhow::Result;

use crate::process::run;
use crate::python::Environment;
use crate::workspace;

/// Fails if a dependency breaks a rule of `deny.toml`. The advisories are left out: they need a database from the network.
pub(crate) fn check() -> Result<()> {
    Environment::CargoDeny.install()?;
    run(Command::new(Environment::CargoDeny.program("cargo-deny"))
        .args(["--log-level", "error", "check"])
        .args(["bans", "licenses", "sources"])
        .current_dir(workspace::root()))
}
