//! The parts of `cargo xtask test --full`, each of which needs more than Python and a network.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::{browser, installed, postgres, versions};
use crate::book;
use crate::publish::packages;

/// Runs `cargo test` with these arguments and environment variables.
pub(super) type RunTests<'a> = dyn Fn(&[&str], &[(&str, String)]) -> Result<()> + 'a;

/// A part of the tests.
struct Part {
    name: &'static str,
    /// Runs its tests; `None` while there are none.
    run: Option<fn(&RunTests<'_>) -> Result<()>>,
    /// Whether it installs system packages or starts system services.
    needs_root: bool,
}

const PARTS: [Part; 10] = [
    part("packages", Some(|_| packages::rehearse()), false),
    part("dbt 1.12 and 1.13", Some(versions::later), false),
    part("launcher of each dbt", Some(versions::launched), false),
    part("dbt without the launcher", Some(without_launcher), false),
    part("PostgreSQL", Some(postgres::run), true),
    part("Docker", None, true),
    part("browser", Some(browser::run), true),
    part("book", Some(|_| book::build()), false),
    part("cargo install", Some(|_| installed::run_installed()), false),
    part(
        "memory limit",
        Some(|tests| tests(&["--test", "full", "out_of_memory"], &[])),
        true,
    ),
];

const fn part(
    name: &'static str,
    run: Option<fn(&RunTests<'_>) -> Result<()>>,
    needs_root: bool,
) -> Part {
    Part {
        name,
        run,
        needs_root,
    }
}

/// Runs the live tests without the launcher.
fn without_launcher(tests: &RunTests<'_>) -> Result<()> {
    let off = ("PREFECT_DBT_LAUNCHER", "off".to_owned());
    tests(&["--test", "live"], &[off])
}

/// Runs the tests of each part whose name contains this text, or prints a line that says why the part is skipped. Failures
/// are added to the list.
pub(super) fn run(named: &str, tests: &RunTests<'_>, failures: &mut Vec<String>) {
    let is_root = rustix::process::geteuid().is_root();
    for part in PARTS.iter().filter(|part| part.name.contains(named)) {
        match part.run {
            None => println!("skipped: {}: there are no tests for it yet", part.name),
            Some(_) if part.needs_root && !is_root => {
                println!("skipped: {}: it needs root", part.name);
            }
            Some(run) => {
                let begin = Instant::now();
                let failure = run(tests).err();
                let result = failure.as_ref().map_or("passed", |_| "failed");
                let seconds = begin.elapsed().as_secs();
                println!("part {result} in {seconds} s: {}", part.name);
                failures.extend(failure.map(|error| format!("{}: {error:#}", part.name)));
            }
        }
    }
}

/// Fails if no part has a name with this text.
pub(super) fn check_name(named: &str) -> Result<()> {
    let names = PARTS.map(|part| part.name);
    ensure!(
        names.iter().any(|name| name.contains(named)),
        "no part of `--full` is named `{named}`; there are: {}",
        names.join(", ")
    );
    Ok(())
}
