//! The program, installed as README.md says.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::process::{cargo, output, run};
use crate::workspace;

/// Installs the program from its sources, and starts it. A debug build, which is faster to make.
pub(super) fn run_installed() -> Result<()> {
    let root = workspace::fresh_dir("installed")?;
    run(cargo()
        .args(["install", "--path", "crates/runner", "--locked", "--debug"])
        .arg("--target-dir")
        .arg(workspace::target())
        .arg("--root")
        .arg(&root))?;
    let version = output(Command::new(root.join("bin/prefect-dbt")).arg("--version"))?;
    let expected = concat!("prefect-dbt ", env!("CARGO_PKG_VERSION"));
    ensure!(version.trim() == expected, "`--version` prints {version}");
    Ok(())
}
