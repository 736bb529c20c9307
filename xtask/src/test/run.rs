//! The tests that need Rust alone, then the live tests against dbt and a Prefect server.

use std::process::Command;

use anyhow::{Result, bail};

use super::full;
use crate::python::Environment;
use crate::server::{Server, quiet_environment};
use crate::{process, setup, wheel};

/// Tests that run at a time: a live test starts several dbt processes, and waits for the one Prefect server in between.
const AT_A_TIME: &str = "3";

/// Options of `cargo test` that select targets: the caller's selection is final.
const SELECTIONS: [&str; 9] = [
    "--lib",
    "--bin",
    "--bins",
    "--test",
    "--tests",
    "--example",
    "--examples",
    "--doc",
    "--all-targets",
];

/// Runs the tests; arguments other than `--full` go to `cargo test`, but not to that of the parts of `--full`.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let (full, args): (Vec<String>, Vec<String>) =
        args.iter().cloned().partition(|arg| arg == "--full");
    setup::run()?;
    let server = Server::start()?;
    // Tests that do not compile are known before any of them runs.
    for target in targets(&args) {
        process::run(&mut cargo_test(
            &server,
            &[&["--no-run"], *target].concat(),
            &args,
        ))?;
    }
    let wheel = wheel::of_tests()?;
    let mut failures = Vec::new();
    for target in targets(&args) {
        let mut cargo = cargo_test(&server, target, &args);
        let outcome = process::run(cargo.env("PREFECT_DBT_TEST_WHEEL", &wheel));
        failures.extend(outcome.err().map(|error| error.to_string()));
    }
    if !full.is_empty() {
        full::run(
            &|target, variables| {
                let mut cargo = cargo_test(&server, target, &[]);
                let variables = variables.iter().cloned();
                process::run(cargo.env("PREFECT_DBT_TEST_WHEEL", &wheel).envs(variables))
            },
            &mut failures,
        );
    }
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    Ok(())
}

/// What each run of `cargo test` adds to the caller's arguments.
fn targets(args: &[String]) -> &'static [&'static [&'static str]] {
    let mut own = args.iter().take_while(|arg| *arg != "--");
    if own.any(|arg| SELECTIONS.contains(&arg.split('=').next().unwrap_or_default())) {
        return &[&[]];
    }
    &[&[], &["--test", "live"]]
}

fn cargo_test(server: &Server, target: &[&str], args: &[String]) -> Command {
    let mut cargo = process::cargo();
    quiet_environment(&mut cargo);
    cargo
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(target)
        .args(args)
        .env("RUST_TEST_THREADS", AT_A_TIME)
        .env("PREFECT_DBT_TEST_API", server.api())
        .env("PREFECT_DBT_TEST_DBT", Environment::Dbt.program("dbt"))
        .env(
            "PREFECT_DBT_TEST_PYTHON",
            Environment::Dbt.program("python"),
        )
        .env(
            "PREFECT_DBT_TEST_PREFECT",
            Environment::Prefect.program("prefect"),
        )
        .env("PREFECT_DBT_TEST_UV", Environment::Wheel.program("uv"));
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(args: &[&str]) -> usize {
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        targets(&args).len()
    }

    #[test]
    fn the_live_tests_follow_unless_the_caller_selects_targets() {
        assert_eq!(runs(&[]), 2);
        assert_eq!(runs(&["builds", "--", "--test-threads=1"]), 2);
        assert_eq!(runs(&["--test", "live", "builds"]), 1);
        assert_eq!(runs(&["--test=live"]), 1);
    }
}
