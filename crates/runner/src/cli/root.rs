//! The commands, and which code runs each.

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::ls;

/// Runs dbt and reports the run to Prefect exactly as dbt ran it.
#[derive(Debug, Parser)]
#[command(name = "prefect-dbt", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Invoke(super::invoke::InvokeArgs),
    #[command(alias = "list")]
    Ls(ls::LsArgs),
}

/// Runs what the command line asks for. Wrong usage ends with exit code 2.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse_from(ls::spread_values(std::env::args_os()));
    match cli.command {
        Command::Invoke(args) => super::invoke::run(args).into(),
        Command::Ls(args) => ls::run(&args, &mut io::stdout(), &mut io::stderr()).into(),
    }
}
