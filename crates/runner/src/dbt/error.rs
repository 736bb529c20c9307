//! Why dbt cannot start.

use std::path::PathBuf;

use thiserror::Error;

/// Why dbt cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DbtError {
    /// The dbt executable was not found.
    #[error("cannot find dbt: {problem}")]
    NotFound {
        /// The places that were searched, in order; for a given path, what is wrong with it.
        problem: String,
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
    #[error("cannot find dbt_project.yml in {}{}", dir.display(), if *searched_above { " or in a folder above it" } else { "" })]
    NoProject {
        /// The folder that was searched.
        dir: PathBuf,
        /// Whether the folders above it were searched, too.
        searched_above: bool,
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
                "install dbt, or give its path with --dbt or PREFECT_DBT_EXECUTABLE; `prefect-dbt doctor` checks everything"
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
