//! The program `prefect-dbt`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
