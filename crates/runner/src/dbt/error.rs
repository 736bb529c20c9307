//! Why dbt cannot run.

use std::path::PathBuf;

use thiserror::Error;

/// Why dbt cannot run at all, before it has read the project.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DbtError {
    /// The dbt executable was not found.
    #[error(
        "cannot find dbt: searched {}; install dbt, or name it with --dbt or PREFECT_DBT_EXECUTABLE",
        searched.join(", ")
    )]
    NotFound {
        /// The places that were searched, in order.
        searched: Vec<String>,
    },
    /// The operating system could not start the executable.
    #[error("cannot start {}", dbt.display())]
    Start {
        /// The executable.
        dbt: PathBuf,
        /// The reason of the operating system.
        source: std::io::Error,
    },
    /// The project folder has no dbt_project.yml.
    #[error(
        "cannot find dbt_project.yml in {}; run the command in a dbt project, or name one with --project-dir",
        dir.display()
    )]
    NoProject {
        /// The folder that was searched.
        dir: PathBuf,
    },
    /// The profiles folder has no profiles.yml.
    #[error(
        "cannot find profiles.yml in {}; put it there or beside dbt_project.yml, or name its folder with --profiles-dir",
        dir.display()
    )]
    NoProfiles {
        /// The folder that was searched.
        dir: PathBuf,
    },
}
