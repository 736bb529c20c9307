//! The project: its folders, and the settings of dbt_project.yml that `ls` uses.

use std::path::{Path, PathBuf};

use crate::dbt::PROJECT_FILE;
use serde::Deserialize;

use super::args::LsArgs;
use super::error::LsError;

/// A dbt project, or the folder used instead of one if only a manifest is given.
pub(super) struct Project {
    pub(super) root: PathBuf,
    /// The folder that dbt writes to.
    pub(super) target: PathBuf,
    /// The settings of dbt_project.yml; `None` if the file does not exist.
    pub(super) settings: Option<Settings>,
}

/// The settings that are read from dbt_project.yml.
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
    /// The project given by flag, otherwise the working directory or the nearest folder above it that is one.
    ///
    /// # Errors
    /// There is no project and no manifest is given, or dbt_project.yml cannot be read.
    pub(super) fn find(args: &LsArgs) -> Result<Self, LsError> {
        let here = std::env::current_dir().map_err(LsError::NoWorkingDirectory)?;
        let places = crate::dbt::Project::find(
            args.project_dir.as_deref(),
            args.target_path.as_deref(),
            &here,
        );
        if !places.exists && args.manifest.is_none() {
            return Err(places.not_found().into());
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
