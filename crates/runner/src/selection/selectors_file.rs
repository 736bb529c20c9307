//! The named selectors of a project: selectors.yml, and what its Jinja reads.

use std::io;
use std::path::PathBuf;

use dbt_selector::{Dialect, Errors, IndirectSelection, Selectors};
use thiserror::Error;

use super::flags::SelectionFlags;
use super::output_choice::{Environment, OutputChoice};
use super::selectors_jinja::SelectorsJinja;
use super::target::TargetFinder;
use crate::dbt::{Project, read_config_text};

/// Name of the file in the project's folder.
const SELECTORS_FILE: &str = "selectors.yml";

/// A file with selectors, and what the Jinja in it reads.
///
/// The manifest has the selectors, too, but dbt writes them only when it parses the whole project.
#[derive(Debug, Clone)]
pub(crate) struct SelectorsFile {
    pub(crate) path: PathBuf,
    /// Whether a missing file is an error. Otherwise it has no selectors.
    pub(crate) must_exist: bool,
    /// The variables, the profile and the target.
    pub(super) choice: OutputChoice,
    /// The folder of profiles.yml.
    pub(super) profiles_dir: Option<PathBuf>,
}

/// Why the selectors of a file cannot be used.
#[derive(Debug, Error)]
pub(crate) enum SelectorsFileError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// The file has mistakes.
    #[error(transparent)]
    Invalid(#[from] Errors),
}

impl SelectorsFile {
    /// The selectors.yml of a project, for a command line with these flags.
    ///
    /// # Errors
    /// `--vars` is not a YAML mapping.
    pub(crate) fn of(
        project: &Project,
        flags: &SelectionFlags,
        profiles_dir: Option<PathBuf>,
    ) -> Result<Self, serde_yaml::Error> {
        Ok(Self {
            path: project.root.join(SELECTORS_FILE),
            must_exist: false,
            choice: OutputChoice::of(project, flags)?,
            profiles_dir,
        })
    }

    /// Reads the file. `mode` is the mode of criteria that set none.
    ///
    /// # Errors
    /// The file cannot be read, or has mistakes: dbt then runs no command.
    pub(crate) fn read(
        &self,
        mode: IndirectSelection,
        dialect: Dialect,
    ) -> Result<Selectors, SelectorsFileError> {
        if !self.must_exist && !self.path.exists() {
            return Ok(Selectors::default());
        }
        let text = read_config_text(&self.path).map_err(|source| {
            let path = self.path.clone();
            SelectorsFileError::Read { path, source }
        })?;
        let finder = TargetFinder {
            file: self,
            jinja: &self.choice.jinja(),
        };
        let target = || finder.find();
        let env = Environment::from_env().variables;
        let jinja = SelectorsJinja::new(self.choice.vars.clone(), env, &target);
        Ok(Selectors::parse(&text, &jinja, mode, dialect)?)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::dbt::CommandLine;

    fn selectors(files: &[(&str, &str)], args: &[&str]) -> Vec<(String, String, bool)> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let project = Project::find(Some(dir.path()), None, Path::new("/"));
        let flags = SelectionFlags::read(&CommandLine::parse(args), |_| None);
        let file = SelectorsFile::of(&project, &flags, Some(dir.path().to_path_buf())).unwrap();
        let read = file.read(IndirectSelection::Eager, Dialect::default());
        let entry = |entry: &dbt_selector::NamedSelector| {
            (
                entry.name.clone(),
                entry.definition.to_string(),
                entry.default,
            )
        };
        read.unwrap().iter().map(entry).collect()
    }

    #[test]
    fn the_target_is_that_of_the_flags_the_project_and_profiles_yml() {
        let files = [
            ("dbt_project.yml", "name: shop\nprofile: till\n"),
            (
                "profiles.yml",
                "till:\n  target: dev\n  outputs:\n    dev: &base {type: duckdb, threads: 4}\n    ci: {<<: *base, schema: ci}\n",
            ),
            (
                "selectors.yml",
                "selectors:\n  - name: one\n    default: \"{{ target.type == 'duckdb' | as_bool }}\"\n    definition: 'tag:{{ target.name }}_{{ var(\"day\", 1) }}'\n",
            ),
        ];
        let one = |definition: &str| vec![("one".to_owned(), definition.to_owned(), true)];
        assert_eq!(selectors(&files, &["build"]), one("tag:dev_1"));
        let args = ["build", "--target", "ci", "--vars", "{day: 2}"];
        assert_eq!(selectors(&files, &args), one("tag:ci_2"));
        assert_eq!(selectors(&files[..2], &["build"]), []);
    }
}
