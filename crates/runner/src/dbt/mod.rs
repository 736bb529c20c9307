//! dbt as a program, without Prefect: its command line, its executable, its process, its environment, its project and its artifacts.

mod artifacts;
mod child_environment;
pub(crate) mod command_line;
mod dbt_args;
mod dbt_command;
mod error;
mod find;
mod log_folder;
mod out_of_memory;
mod process;
mod process_group;
mod profiles_dir;
mod project;
mod pump;
mod spawn;
mod watchdog;

pub(crate) use artifacts::{read_manifest, read_run_results, read_sources};
pub(crate) use child_environment::{CONTROL_VARIABLES, EnvironmentOptions, child_environment};
pub(crate) use command_line::CommandLine;
pub(crate) use dbt_args::DbtArgs;
pub(crate) use dbt_command::DbtCommand;
pub use error::DbtError;
pub use find::find_dbt;
pub(crate) use log_folder::log_folder_problem;
pub(crate) use out_of_memory::MemoryKills;
pub(crate) use process::{DbtExit, DbtProcess};
pub(crate) use process_group::ProcessGroup;
pub(crate) use profiles_dir::{PROFILES_FILE, find_profiles_dir};
pub use project::{PROJECT_FILE, Project};
pub(crate) use pump::pump;
pub(crate) use watchdog::Aftercare;

#[cfg(test)]
mod tests;
