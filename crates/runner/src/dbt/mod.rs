//! dbt as a program, without Prefect: its command line, its executable, its process, its environment, its project and its artifacts.

mod artifacts;
mod bounded_file;
mod capabilities;
mod child_environment;
pub(crate) mod command_line;
mod dbt2_variables;
mod dbt_args;
mod dbt_command;
mod dbt_version;
mod error;
mod find;
mod forked;
mod launch;
mod log_folder;
mod out_of_memory;
mod output_pipes;
mod process;
mod process_group;
mod profiles_dir;
mod project;
mod pump;
mod running;
mod spawn;
mod version_answer;
mod version_query;
mod watchdog;

pub(crate) use artifacts::{
    read_manifest, read_run_results, read_sources, stream_artifact, written_at,
};
pub(crate) use bounded_file::{read_artifact, read_config, read_config_text};
#[cfg(feature = "cli")]
pub(crate) use capabilities::NodeEvents;
pub(crate) use capabilities::{Capabilities, ManifestTime, RetrySupport};
pub(crate) use child_environment::{
    CONTROL_VARIABLES, EnvironmentOptions, InheritedVariable, child_environment,
    output_environment, unknown_variables,
};
pub(crate) use command_line::CommandLine;
pub(crate) use dbt_args::DbtArgs;
pub(crate) use dbt_command::DbtCommand;
pub(crate) use dbt_version::DbtVersion;
pub use error::DbtError;
pub use find::find_dbt;
pub use launch::Launcher;
pub(crate) use launch::{LaunchPlan, NotLaunched, SharedInterpreter, WantedEvents};
#[cfg(feature = "cli")]
pub(crate) use log_folder::is_writable;
pub(crate) use log_folder::{log_folder_problem, spare_log_folder};
pub(crate) use out_of_memory::MemoryKills;
pub(crate) use process::{DbtExit, DbtProcess};
pub(crate) use process_group::ProcessGroup;
pub(crate) use profiles_dir::{PROFILES_FILE, find_profiles_dir};
pub use project::{PROJECT_FILE, Project};
pub(crate) use pump::pump;
#[cfg(feature = "cli")]
pub(crate) use version_query::ask_version_by;
pub(crate) use version_query::{dbt_version, forget_version};
pub(crate) use watchdog::Aftercare;

#[cfg(test)]
mod tests;
