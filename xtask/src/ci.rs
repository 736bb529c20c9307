//! `cargo xtask ci`: all checks that a change must pass.

use anyhow::Result;

use crate::process::{cargo, run};
use crate::{test, tidy};

/// The packages that other programs can depend on. Each must compile by itself.
const CRATES: [&str; 6] = [
    "dbt-events",
    "dbt-manifest",
    "dbt-selector",
    "dbt-templating",
    "prefect-client",
    "prefect-dbt",
];

/// Runs the fast checks first. The tests and their summary come last.
pub(crate) fn run_all() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    tidy::run()?;
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
    for package in CRATES {
        run(cargo().args(["check", "--quiet", "--no-default-features", "-p", package]))?;
    }
    run(cargo()
        .args(["doc", "--workspace", "--no-deps", "--quiet"])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    test::run(&[])
}
