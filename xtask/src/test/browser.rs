//! The tests with a browser: Debian's Chromium.

use std::path::Path;

use anyhow::Result;

use super::full::RunTests;
use crate::{process, workspace};

/// Where Debian has the program.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Installs the browser if it is missing, and runs the tests. They write images of the pages for people to look at.
pub(super) fn run(tests: &RunTests<'_>) -> Result<()> {
    if !Path::new(CHROMIUM).is_file() {
        process::install_packages(&["chromium"])?;
    }
    let images = workspace::target().join("browser");
    println!("images of the pages: {}", images.display());
    let variables = [
        ("PREFECT_DBT_TEST_CHROMIUM", CHROMIUM.to_owned()),
        ("PREFECT_DBT_TEST_SCREENSHOTS", images.display().to_string()),
    ];
    tests(&["--test", "full", "browser"], &variables)
}
