//! Where the project is, and what its dbt_project.yml says about finding the rest.

use std::path::{Path, PathBuf};

use crate::dbt::{DbtError, PROJECT_FILE};
use serde::Deserialize;

use super::args::LsArgs;
use super::error::LsError;

/// A dbt project, or the folder that stands in for one where only a manifest is given.
pub(super) struct Project {
    pub(super) root: PathBuf,
    /// The folder that dbt writes to.
    pub(super) target: PathBuf,
    /// What dbt_project.yml says; none if there is none.
    pub(super) settings: Option<Settings>,
}

/// What is taken from dbt_project.yml.
#[derive(Debug, Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Settings {
    pub(super) profile: Option<String>,
    flags: Option<Flags>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(default)]
struct Flags {
    state_modified_compare_more_unrendered_values: Option<bool>,
}

impl Project {
    /// The project that the flags name, else the nearest around the working directory.
    ///
    /// # Errors
    /// There is none, and no manifest is named either; or dbt_project.yml cannot be read.
    pub(super) fn find(args: &LsArgs) -> Result<Self, LsError> {
        let here = std::env::current_dir().map_err(LsError::NoWorkingDirectory)?;
        let places = crate::dbt::Project::find(
            args.project_dir.as_deref(),
            args.target_path.as_deref(),
            &here,
        );
        if !places.exists && args.manifest.is_none() {
            return Err(DbtError::NoProject { dir: places.root }.into());
        }
        let settings = places.exists.then(|| read(&places.root.join(PROJECT_FILE)));
        Ok(Self {
            settings: settings.transpose()?,
            root: places.root,
            target: places.target,
        })
    }

    /// dbt's flag `state_modified_compare_more_unrendered_values`.
    pub(super) fn compares_unrendered(&self) -> bool {
        let flags = self
            .settings
            .as_ref()
            .and_then(|settings| settings.flags.as_ref());
        flags
            .and_then(|flags| flags.state_modified_compare_more_unrendered_values)
            .unwrap_or(false)
    }
}

fn read(file: &Path) -> Result<Settings, LsError> {
    let text = std::fs::read_to_string(file).map_err(|error| LsError::read(file, error))?;
    serde_yaml::from_str(&text).map_err(|error| LsError::read(file, error))
}
