//! Why dbt cannot start.

use std::path::PathBuf;

use thiserror::Error;

/// Why dbt cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DbtError {
    /// The dbt executable was not found.
    #[error("cannot find dbt: {}", searched.join(", "))]
    NotFound {
        /// The places that were searched, in order, each with the reason why it does not count.
        searched: Vec<String>,
    },
    /// The operating system could not start the executable.
    #[error("cannot start {}", dbt.display())]
    Start {
        /// The executable.
        dbt: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The project folder has no dbt_project.yml.
    #[error("cannot find dbt_project.yml in {}", dir.display())]
    NoProject {
        /// The folder that was searched.
        dir: PathBuf,
    },
    /// The profiles folder has no profiles.yml.
    #[error("cannot find profiles.yml in {}", dir.display())]
    NoProfiles {
        /// The folder that was searched.
        dir: PathBuf,
    },
}

impl DbtError {
    /// What the user can do about the error, if there is something.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::NotFound { .. } => {
                "install dbt, or give its path with --dbt or PREFECT_DBT_EXECUTABLE"
            }
            Self::Start { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                "reinstall dbt: the interpreter in the first line of this script does not exist"
            }
            Self::Start { .. } => return None,
            Self::NoProject { .. } => {
                "run the command in a dbt project, or give its folder with --project-dir or DBT_PROJECT_DIR"
            }
            Self::NoProfiles { .. } => {
                "create the file, or give its folder with --profiles-dir or DBT_PROFILES_DIR"
            }
        };
        Some(help.to_owned())
    }
}
