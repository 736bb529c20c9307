//! The parts of `cargo xtask test --full`, each of which needs more than Python and a network.

use std::fmt;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::run::LONG;
use super::{browser, docker, installed, kubernetes, lost_disks, postgres, versions};
use crate::publish::packages;
use crate::{book, process};

/// Runs `cargo test` with these arguments and environment variables.
pub(super) type RunTests<'a> = dyn Fn(&[&str], &[(&str, String)]) -> Result<()> + 'a;

/// The error of a part that cannot run on this machine: why.
#[derive(Debug)]
pub(super) struct Skipped(pub(super) String);

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs the tests of a part.
type Run = fn(&RunTests<'_>) -> Result<()>;

/// A part of the tests.
struct Part {
    name: &'static str,
    run: Run,
    /// Whether it installs system packages or starts system services.
    needs_root: bool,
}

const PARTS: [Part; 14] = [
    part("packages", |_| packages::rehearse(), false),
    part("long live tests", long, false),
    part("dbt 1.12 and 1.13", versions::later, false),
    part("launcher of each dbt", versions::launched, false),
    part(
        "plans and history",
        |tests| tests(&["--test", "full", "--", "plans", "unusual"], &[]),
        false,
    ),
    part("dbt without the launcher", without_launcher, false),
    part("PostgreSQL", postgres::run, true),
    part("lost disks", lost_disks::run, true),
    part("Docker", docker::run, true),
    part("Kubernetes", kubernetes::run, false),
    part("browser", browser::run, true),
    part("book", |_| book::build(), false),
    part("cargo install", |_| installed::run_installed(), false),
    part(
        "memory limit",
        |tests| tests(&["--test", "full", "out_of_memory"], &[]),
        true,
    ),
];

const fn part(name: &'static str, run: Run, needs_root: bool) -> Part {
    Part {
        name,
        run,
        needs_root,
    }
}

/// Runs the live tests that `cargo xtask test` leaves out.
fn long(tests: &RunTests<'_>) -> Result<()> {
    build_examples()?;
    tests(&[&["--test", "live", "--"], LONG.as_slice()].concat(), &[])
}

/// Builds the examples, which some live tests run: a test target by itself does not.
fn build_examples() -> Result<()> {
    process::run(process::cargo().args(["build", "--package", "prefect-dbt", "--examples"]))
}

/// Runs the live tests without the launcher.
fn without_launcher(tests: &RunTests<'_>) -> Result<()> {
    build_examples()?;
    let off = ("PREFECT_DBT_LAUNCHER", "off".to_owned());
    tests(&["--test", "live"], &[off])
}

/// Runs the tests of each part whose name contains this text, or prints a line that says why the part is skipped. Failures
/// are added to the list.
pub(super) fn run(named: &str, tests: &RunTests<'_>, failures: &mut Vec<String>) {
    let is_root = rustix::process::geteuid().is_root();
    for part in PARTS.iter().filter(|part| part.name.contains(named)) {
        match part.needs_root && !is_root {
            true => println!("skipped: {}: it needs root", part.name),
            false => failures.extend(run_part(part, tests)),
        }
    }
}

/// Runs a part, and says how it went. Returns its failure.
fn run_part(part: &Part, tests: &RunTests<'_>) -> Option<String> {
    let (name, begin) = (part.name, Instant::now());
    let failure = (part.run)(tests).err();
    let skipped = failure.as_ref().and_then(|error| error.downcast_ref());
    if let Some(Skipped(why)) = skipped {
        println!("skipped: {name}: {why}");
        return None;
    }
    let result = failure.as_ref().map_or("passed", |_| "failed");
    println!("part {result} in {} s: {name}", begin.elapsed().as_secs());
    failure.map(|error| format!("{name}: {error:#}"))
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
