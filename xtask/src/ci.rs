//! `cargo xtask ci`: all that must hold before a change goes in.

use anyhow::Result;

use crate::process::{cargo, run};
use crate::{test, tidy};

/// The packages that programs depend on one by one.
const CRATES: [&str; 6] = [
    "dbt-events",
    "dbt-manifest",
    "dbt-selector",
    "dbt-templating",
    "prefect-client",
    "prefect-dbt",
];

/// Cheap checks first; the tests and their summary come last.
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
