//! `cargo xtask ci`: all checks that a change must pass.

use anyhow::Result;

use crate::process::{cargo, run};
use crate::publish::{api, deny, packages};
use crate::{test, tidy};

/// Runs the fast checks first. The tests and their summary come last.
pub(crate) fn run_all() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    tidy::run()?;
    deny::check()?;
    run(cargo().args([
        "clippy",
        "--workspace",
        "--lib",
        "--bins",
        "--examples",
        // `--all-targets` leaves out the live tests.
        "--test",
        "*",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))?;
    // Each crate must compile by itself.
    for (package, _) in packages::CRATES {
        run(cargo().args(["check", "--quiet", "--no-default-features", "-p", package]))?;
    }
    run(cargo()
        .args(["doc", "--workspace", "--no-deps", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    api::run(false)?;
    packages::check()?;
    test::run(&[])
}
