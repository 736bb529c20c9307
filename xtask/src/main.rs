//! `cargo xtask`: the commands of the workspace's developers.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool prints"
)]

use std::process::ExitCode;

use anyhow::{Result, bail};

mod args;
mod bench;
mod book;
mod ci;
mod demo;
mod fixtures;
mod process;
mod publish;
mod python;
mod record;
mod server;
mod setup;
mod test;
mod tidy;
mod wheel;
mod workspace;

const USAGE: &str = "\
cargo xtask <command>

  setup               create the Python environments of dbt and Prefect in target/python
  demo [--keep]       run the demo project with a new Prefect server and print what the server recorded;
                      --keep leaves the server running
  test [--full[=PART]] [ARGS...]
                      run `setup`, start a Prefect server and run all tests; ARGS go to `cargo test`;
                      --full adds the tests that need root, Docker, PostgreSQL, a browser or another dbt;
                      --full=PART runs only its parts with PART in their names
  tidy                check the project's own rules
  wheel               build the wheel of the Python package, with the program, and its source distribution in target/wheels
  book                build the documentation as a book in target/book, and fail if there is a warning
  deny                check the licences and sources of all dependencies
  api [--bless]       check that crates/*/public-api.txt list the public API of each crate; --bless writes them
  package [--build]   check what the packages of the crates hold; --build also does all that publishing does but the upload
  ci                  check format, lints, `tidy`, licences, docs, packages and each crate by itself, then run `test`
  fixtures [--check] [RELEASE...]
                      record testdata/fixtures with dbt, or fail if a recording would change; default: all releases
  bench [PART...] [--rounds N]
                      measure; parts: start, ls, huge, volume, small, large, flow, parse, python, plan (default: all)
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
        bail!("missing command\n\n{USAGE}");
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
        "wheel" => {
            args::none(&args)?;
            wheel::build()
        }
        "book" => {
            args::none(&args)?;
            book::build()
        }
        "deny" => {
            args::none(&args)?;
            publish::deny::check()
        }
        "api" => publish::api::run(args::switch(&args, "--bless")?),
        "package" => match args::switch(&args, "--build")? {
            true => publish::packages::rehearse(),
            false => publish::packages::check(),
        },
        "ci" => {
            args::none(&args)?;
            ci::run_all()
        }
        "bench" => bench::run(&args),
        "fixtures" => fixtures::run(&args),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        unknown => bail!("unknown command `{unknown}`\n\n{USAGE}"),
    }
}
