//! The parts of `cargo xtask test --full`, each of which needs more than Python and a network.

use anyhow::Result;

/// A part of the tests.
struct Part {
    name: &'static str,
    /// What `cargo test` gets to select its tests: a target and a filter. `None` while there are none.
    tests: Option<[&'static str; 2]>,
    /// Whether it installs system packages or starts system services.
    needs_root: bool,
}

const PARTS: [Part; 7] = [
    part("dbt 1.13", None, false),
    part("dbt without the launcher", None, false),
    part("PostgreSQL", None, true),
    part("Docker", None, true),
    part("browser", None, true),
    part("samples of the documentation", None, false),
    part("memory limit", Some(["full", "out_of_memory"]), true),
];

const fn part(name: &'static str, tests: Option<[&'static str; 2]>, needs_root: bool) -> Part {
    Part {
        name,
        tests,
        needs_root,
    }
}

/// Runs the tests of each part, or prints a line that says why the part is skipped. Failures are added to the list.
pub(super) fn run(test: impl Fn([&str; 2]) -> Result<()>, failures: &mut Vec<String>) {
    let is_root = rustix::process::geteuid().is_root();
    for part in &PARTS {
        match part.tests {
            None => println!("skipped: {}: there are no tests for it yet", part.name),
            Some(_) if part.needs_root && !is_root => {
                println!("skipped: {}: it needs root", part.name);
            }
            Some(tests) => failures.extend(test(tests).err().map(|error| error.to_string())),
        }
    }
}
