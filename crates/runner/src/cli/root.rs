//! The commands and the functions that run them.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use super::usage_error::misplaced_dbt_flag;
use super::{
    completions, deploy, doctor, first_process, invoke, invoke_args, logging, ls, man, plan,
    render_profiles, replay, report, signals, split, sweep,
};
use crate::model::exit_codes;

/// Run dbt and show every node as a Prefect task run.
#[derive(Debug, Parser)]
#[command(name = "prefect-dbt", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Environment:
  PREFECT_API_URL, PREFECT_API_KEY and other PREFECT_* variables
                          the Prefect API to report to; also read from prefect.toml and the active
                          Prefect profile
  DBT_PROJECT_DIR, DBT_PROFILES_DIR, DBT_TARGET_PATH, DBT_LOG_LEVEL
                          and other DBT_* variables named in each command's help: as for dbt
  PREFECT_DBT_EXECUTABLE  the dbt executable
  PREFECT_DBT_LOG         log filter for prefect-dbt itself, such as `debug`; it logs to stderr

Examples:
  prefect-dbt doctor
  prefect-dbt invoke -- build --select tag:nightly
  prefect-dbt help invoke";

#[derive(Debug, Subcommand)]
enum Command {
    Invoke(invoke_args::InvokeArgs),
    #[command(alias = "list")]
    Ls(ls::LsArgs),
    Plan(plan::PlanArgs),
    RenderProfiles(render_profiles::RenderProfilesArgs),
    Doctor(doctor::DoctorArgs),
    Deploy(deploy::DeployArgs),
    Replay(replay::ReplayArgs),
    Report(report::ReportArgs),
    Sweep(sweep::SweepArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Runs the command. The exit code is 2 for invalid usage.
pub fn run() -> ExitCode {
    if let Some(code) = first_process::run_in_child() {
        return code;
    }
    signals::survive_the_file_size_limit();
    let args = ls::for_clap(std::env::args_os());
    let args = split::mark_dbt_arguments(args);
    let command = args.get(1).map(|word| word.to_string_lossy().into_owned());
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => match misplaced_dbt_flag(&command.unwrap_or_default(), &error) {
            Some(text) => {
                // A closed stderr does not change the exit code.
                let _ = writeln!(io::stderr(), "{text}");
                return exit_codes::CANNOT_RUN.into();
            }
            None => error.exit(),
        },
    };
    if !matches!(cli.command, Command::Invoke(_)) {
        logging::from_env(io::stderr);
    }
    match cli.command {
        Command::Invoke(args) => invoke::run(args).into(),
        Command::Ls(args) => ls::run(&args, &mut io::stdout(), &mut io::stderr()).into(),
        Command::Plan(args) => plan::run(&args, &mut io::stdout(), &mut io::stderr()).into(),
        Command::RenderProfiles(args) => {
            render_profiles::run(args, &mut io::stdout(), &mut io::stderr()).into()
        }
        Command::Deploy(args) => deploy::run(args, &mut io::stdout(), &mut io::stderr()).into(),
        Command::Replay(args) => replay::run(args, &mut io::stdout(), &mut io::stderr()).into(),
        Command::Sweep(args) => sweep::run(&args, &mut io::stdout(), &mut io::stderr()).into(),
        Command::Completions(args) => {
            completions::run(&args, Cli::command(), &mut io::stdout()).into()
        }
        Command::Man(args) => man::run(args, Cli::command(), &mut io::stderr()).into(),
        Command::Report(args) => report::run(&args, &mut io::stdout(), &mut io::stderr()).into(),
        Command::Doctor(args) => doctor::run(args, &mut io::stdout(), &mut io::stderr()).into(),
    }
}

#[cfg(test)]
mod tests;
