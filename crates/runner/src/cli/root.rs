//! The commands and the functions that run them.

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::{deploy, doctor, invoke, logging, ls, render_profiles, replay, split};

/// Run dbt and report the run to Prefect exactly as dbt ran it.
#[derive(Debug, Parser)]
#[command(name = "prefect-dbt", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Environment:
  PREFECT_API_URL, PREFECT_API_KEY and other PREFECT_* variables
                          the Prefect API to report to; prefect.toml and profiles of Prefect work, too
  DBT_PROJECT_DIR, DBT_PROFILES_DIR, DBT_TARGET_PATH, DBT_LOG_LEVEL
                          as for dbt
  PREFECT_DBT_EXECUTABLE  the dbt executable
  PREFECT_DBT_LOG         log filter for prefect-dbt itself, such as `debug`; it logs to stderr

Examples:
  prefect-dbt doctor
  prefect-dbt invoke -- build --select tag:nightly
  prefect-dbt help invoke";

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

/// Runs the command. The exit code is 2 for invalid usage.
pub fn run() -> ExitCode {
    let args = ls::for_clap(std::env::args_os());
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
