//! `cargo xtask`: everything that the workspace needs done to it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for developers talks to them"
)]

use std::process::ExitCode;

use anyhow::{Result, bail};

mod args;
mod bench;
mod ci;
mod demo;
mod fixtures;
mod process;
mod python;
mod record;
mod server;
mod setup;
mod test;
mod tidy;
mod workspace;

const USAGE: &str = "\
cargo xtask <command>

  setup               make the pinned Python environments under target/python
  demo [--keep]       run the demo project against a Prefect server of our own and show what it recorded
  test [ARGS...]      setup, a Prefect server, and every test of the workspace; ARGS go to `cargo test`
  tidy                check the rules of the house that no compiler checks
  ci                  format, lints, tidy, docs, each crate alone, and `test`
  fixtures [--check]  rebuild testdata/fixtures with real dbt, or fail if that would change something
  bench [PART...] [--rounds N]
                      measure; parts: small, large, start, ls (all of them if none is named)
";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<()> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if args.is_empty() {
        bail!("no command given\n\n{USAGE}");
    }
    let command = args.remove(0);
    match command.as_str() {
        "setup" => {
            args::none(&args)?;
            setup::run()
        }
        "demo" => demo::run(args::switch(&args, "--keep")?),
        "test" => test::run(&args),
        "tidy" => {
            args::none(&args)?;
            tidy::run()
        }
        "ci" => {
            args::none(&args)?;
            ci::run_all()
        }
        "bench" => bench::run(&args),
        "fixtures" => fixtures::run(args::switch(&args, "--check")?),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        unknown => bail!("there is no command `{unknown}`\n\n{USAGE}"),
    }
}
