//! dbt as a program, without Prefect: its command line, its executable, its process, its environment, its project and its artifacts.

mod artifacts;
pub(crate) mod command_line;
mod dbt_args;
mod environment;
mod error;
mod find;
mod log_folder;
mod process;
mod profiles_dir;
mod project;
mod pump;
mod watchdog;

pub(crate) use artifacts::{read_manifest, read_run_results, read_sources};
pub(crate) use command_line::CommandLine;
pub(crate) use dbt_args::DbtArgs;
pub(crate) use environment::{CONTROL, Wanted, child_environment};
pub use error::DbtError;
pub use find::find_dbt;
pub(crate) use log_folder::log_folder_problem;
pub(crate) use process::{DbtCommand, DbtProcess, Ended, Group};
pub(crate) use profiles_dir::{PROFILES_FILE, find_profiles_dir};
pub use project::{PROJECT_FILE, Project};
pub(crate) use pump::pump;

#[cfg(test)]
mod tests;
