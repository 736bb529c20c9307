//! The parts of `cargo xtask test --full`, each of which needs more than Python and a network.

use anyhow::Result;

use super::{launcher, postgres, versions};
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

const PARTS: [Part; 9] = [
    part("packages", Some(|_| packages::rehearse()), false),
    part("dbt 1.12 and 1.13", Some(versions::run), false),
    part("launcher of each dbt", Some(launcher::each_dbt), false),
    part("dbt without the launcher", Some(launcher::off), false),
    part("PostgreSQL", Some(postgres::run), true),
    part("Docker", None, true),
    part("browser", None, true),
    part("samples of the documentation", None, false),
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

/// Runs the tests of each part, or prints a line that says why the part is skipped. Failures are added to the list.
pub(super) fn run(tests: &RunTests<'_>, failures: &mut Vec<String>) {
    let is_root = rustix::process::geteuid().is_root();
    for part in &PARTS {
        match part.run {
            None => println!("skipped: {}: there are no tests for it yet", part.name),
            Some(_) if part.needs_root && !is_root => {
                println!("skipped: {}: it needs root", part.name);
            }
            Some(run) => failures.extend(run(tests).err().map(|error| error.to_string())),
        }
    }
}
