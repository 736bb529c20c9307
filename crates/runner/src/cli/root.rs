//! The commands, and which code runs each.

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::{deploy, doctor, invoke, logging, ls, render_profiles, replay, split};

/// Runs dbt and reports the run to Prefect exactly as dbt ran it.
#[derive(Debug, Parser)]
#[command(name = "prefect-dbt", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Invoke(invoke::InvokeArgs),
    #[command(alias = "list")]
    Ls(ls::LsArgs),
    RenderProfiles(render_profiles::RenderProfilesArgs),
    Doctor(doctor::DoctorArgs),
    Deploy(deploy::DeployArgs),
    Replay(replay::ReplayArgs),
}

/// Runs what the command line asks for. Wrong usage ends with exit code 2.
pub fn run() -> ExitCode {
    let args = ls::spread_values(std::env::args_os());
    let cli = Cli::parse_from(split::mark_dbt_arguments(args));
    logging::from_env();
    match cli.command {
        Command::Invoke(args) => invoke::run(args).into(),
        Command::Ls(args) => ls::run(&args, &mut io::stdout(), &mut io::stderr()).into(),
        Command::RenderProfiles(args) => {
            render_profiles::run(args, &mut io::stdout(), &mut io::stderr()).into()
        }
        Command::Deploy(args) => deploy::run(args, &mut io::stdout(), &mut io::stderr()).into(),
        Command::Replay(args) => replay::run(args, &mut io::stdout(), &mut io::stderr()).into(),
        Command::Doctor(args) => doctor::run(args, &mut io::stdout(), &mut io::stderr()).into(),
    }
}
