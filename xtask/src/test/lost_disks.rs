//! The tests of runs whose disk is lost, and of runs that only look dead.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::full::RunTests;
use crate::process;

/// Where Debian has the libraries of each architecture.
const LIBRARIES: &str = "/usr/lib";
/// As many of each kind of flow run: more than 200 in all.
const COPIES: &str = "14";

/// Sweeps many flow runs, kills runs at random points, and runs dbt on machines whose clock is wrong.
pub(super) fn run(tests: &RunTests<'_>) -> Result<()> {
    let many = ("PREFECT_DBT_TEST_SWEEP_COPIES", COPIES.to_owned());
    let swept = tests(&["--test", "live", "exactly_the_dead_runs"], &[many]);
    let library = match faketime() {
        Some(library) => library,
        None => install()?,
    };
    let clock = (
        "PREFECT_DBT_TEST_FAKETIME",
        library.to_string_lossy().into_owned(),
    );
    swept.and(tests(&["--test", "full", "lost_disks::"], &[clock]))
}

/// The library that gives a process another time, if it is installed.
fn faketime() -> Option<PathBuf> {
    let architectures = fs_err::read_dir(LIBRARIES).ok()?.flatten();
    let mut libraries = architectures.map(|dir| dir.path().join("faketime/libfaketimeMT.so.1"));
    libraries.find(|library| library.is_file())
}

fn install() -> Result<PathBuf> {
    process::install_packages(&["libfaketime"])?;
    faketime().context("the package `libfaketime` has no library")
}
