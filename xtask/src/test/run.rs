//! The tests that need Rust alone, then the live tests against dbt and a Prefect server.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::full;
use crate::python::Environment;
use crate::server::{Server, quiet_environment};
use crate::{process, setup, wheel};

/// Tests that run at a time: a live test starts several dbt processes, and waits for the one Prefect server in between.
const AT_A_TIME: &str = "3";

/// Live tests that take minutes of both cores, or parts of their names: a part of `--full` runs them.
pub(super) const LONG: [&str; 5] = [
    // Compiles the library once more.
    "one_dependency::",
    // Each sample and each example beside what the Python class left.
    "python_samples::",
    "examples::each_example",
    // Each dozens of times, with the launcher and without it.
    "equality::options_of",
    "equality::data_and_usage",
];

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
    let Arguments { cargo, parts, only } = Arguments::of(args)?;
    setup::run()?;
    let server = Server::start()?;
    let targets = if only { Vec::new() } else { targets(&cargo) };
    // Tests that do not compile are known before any of them runs.
    for target in &targets {
        let target = [&["--no-run"], target.as_slice()].concat();
        process::run(&mut cargo_test(&server, &target, &cargo))?;
    }
    let wheel = wheel::of_tests()?;
    let mut failures = Vec::new();
    for target in &targets {
        let mut cargo = cargo_test(&server, target, &cargo);
        let outcome = process::run(with_wheel(&mut cargo, wheel.as_deref()));
        failures.extend(outcome.err().map(|error| error.to_string()));
    }
    if let Some(named) = parts {
        let tests = |target: &[&str], variables: &[(&str, String)]| {
            let mut cargo = cargo_test(&server, target, &[]);
            let variables = variables.iter().cloned();
            process::run(with_wheel(&mut cargo, wheel.as_deref()).envs(variables))
        };
        full::run(&named, &tests, &mut failures);
    }
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    Ok(())
}

struct Arguments {
    /// Those for `cargo test`.
    cargo: Vec<String>,
    /// A text in the names of the parts of `--full` to run. The empty text is in all of them.
    parts: Option<String>,
    /// Whether nothing but those parts runs.
    only: bool,
}

impl Arguments {
    fn of(args: &[String]) -> Result<Self> {
        let is_full = |arg: &&String| *arg == "--full" || arg.starts_with("--full=");
        let (full, cargo): (Vec<&String>, Vec<&String>) = args.iter().partition(is_full);
        let named = full.iter().find_map(|arg| arg.strip_prefix("--full="));
        full::check_name(named.unwrap_or_default())?;
        Ok(Self {
            cargo: cargo.into_iter().cloned().collect(),
            parts: (!full.is_empty()).then(|| named.unwrap_or_default().to_owned()),
            only: named.is_some(),
        })
    }
}

/// What each run of `cargo test` adds to the caller's arguments.
fn targets(args: &[String]) -> Vec<Vec<&'static str>> {
    let mut own = args.iter().take_while(|arg| *arg != "--");
    if own.any(|arg| SELECTIONS.contains(&arg.split('=').next().unwrap_or_default())) {
        return vec![vec![]];
    }
    let mut live = vec!["--test", "live"];
    if args.is_empty() {
        live.push("--");
        live.extend(LONG.iter().flat_map(|name| ["--skip", *name]));
    }
    vec![vec![], live]
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

fn with_wheel<'a>(cargo: &'a mut Command, wheel: Option<&Path>) -> &'a mut Command {
    match wheel {
        Some(wheel) => cargo.env("PREFECT_DBT_TEST_WHEEL", wheel),
        None => cargo,
    }
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

    #[test]
    fn long_tests_are_left_to_their_part_unless_the_caller_filters() {
        let skips = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            let of_live = targets(&args).pop().unwrap_or_default();
            of_live.iter().filter(|word| LONG.contains(word)).count()
        };
        assert_eq!(skips(&[]), LONG.len());
        assert_eq!(skips(&["one_dependency"]), 0);
        assert_eq!(skips(&["--test", "live"]), 0);
    }

    #[test]
    fn a_part_of_full_runs_alone() {
        let read = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            Arguments::of(&args).map(|read| (read.cargo, read.parts, read.only))
        };
        assert_eq!(read(&["a"]).unwrap(), (vec!["a".to_owned()], None, false));
        let all = (vec![], Some(String::new()), false);
        assert_eq!(read(&["--full"]).unwrap(), all);
        let one = (vec![], Some("dbt 1.12".to_owned()), true);
        assert_eq!(read(&["--full=dbt 1.12"]).unwrap(), one);
        assert!(read(&["--full=nothing"]).is_err());
    }
}
