//! Where the project is, and what its dbt_project.yml says about finding the rest.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;

use super::args::LsArgs;

const FILE: &str = "dbt_project.yml";

/// A dbt project, or the folder that stands in for one where only a manifest is given.
pub(super) struct Project {
    pub(super) root: PathBuf,
    /// What dbt_project.yml says; none if there is none.
    pub(super) settings: Option<Settings>,
}

/// What is taken from dbt_project.yml.
#[derive(Debug, Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Settings {
    pub(super) profile: Option<String>,
    target_path: Option<PathBuf>,
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
    pub(super) fn find(args: &LsArgs) -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("there is no working directory")?;
        let root = match &args.project_dir {
            Some(dir) => here.join(dir),
            None => nearest(&here).unwrap_or(&here).to_owned(),
        };
        let file = root.join(FILE);
        if !file.exists() {
            if args.manifest.is_none() {
                bail!(
                    "there is no {FILE} in {}\n  hint: name the project with --project-dir, or a manifest with --manifest",
                    root.display()
                );
            }
            return Ok(Self {
                root,
                settings: None,
            });
        }
        let text = fs_err::read_to_string(&file)?;
        let settings = serde_yaml::from_str(&text)
            .with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Self {
            root,
            settings: Some(settings),
        })
    }

    /// The folder that dbt writes to.
    pub(super) fn target_path(&self, args: &LsArgs) -> PathBuf {
        let from_file = || self.settings.as_ref()?.target_path.clone();
        self.root.join(
            args.target_path
                .clone()
                .or_else(from_file)
                .unwrap_or_else(|| "target".into()),
        )
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

fn nearest(here: &Path) -> Option<&Path> {
    here.ancestors().find(|dir| dir.join(FILE).exists())
}
