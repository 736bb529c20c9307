//! The parts of `cargo xtask test --full`, each of which needs more than Python and a network.

use anyhow::Result;

/// A part of the tests.
struct Part {
    name: &'static str,
    /// The test target that holds it; `None` while there is none.
    target: Option<&'static str>,
    /// Whether it installs system packages or starts system services.
    needs_root: bool,
}

const PARTS: [Part; 6] = [
    part("dbt 1.13", None, false),
    part("dbt without the launcher", None, false),
    part("PostgreSQL", None, true),
    part("Docker", None, true),
    part("browser", None, true),
    part("samples of the documentation", None, false),
];

const fn part(name: &'static str, target: Option<&'static str>, needs_root: bool) -> Part {
    Part {
        name,
        target,
        needs_root,
    }
}

/// Runs each part by its test target, or prints a line that says why the part is skipped. Failures are added to the list.
pub(super) fn run(test: impl Fn(&str) -> Result<()>, failures: &mut Vec<String>) {
    let is_root = rustix::process::geteuid().is_root();
    for part in &PARTS {
        match part.target {
            None => println!("skipped: {}: there are no tests for it yet", part.name),
            Some(_) if part.needs_root && !is_root => {
                println!("skipped: {}: it needs root", part.name);
            }
            Some(target) => failures.extend(test(target).err().map(|error| error.to_string())),
        }
    }
}
