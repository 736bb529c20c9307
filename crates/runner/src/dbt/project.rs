//! Finds a dbt project and its target folder, and reads the settings of dbt_project.yml.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_yaml::Value;

use super::bounded_file::read_config_text;
use super::error::DbtError;

/// Name of the file that makes a folder a dbt project.
pub const PROJECT_FILE: &str = "dbt_project.yml";

/// The keys of dbt_project.yml with the folders of files that dbt reads, and the folder that each has by default.
const SOURCE_FOLDERS: [(&str, &str); 7] = [
    ("model-paths", "models"),
    ("seed-paths", "seeds"),
    ("snapshot-paths", "snapshots"),
    ("test-paths", "tests"),
    ("macro-paths", "macros"),
    ("analysis-paths", "analyses"),
    ("function-paths", "functions"),
];

/// A dbt project: its folders, and settings of dbt_project.yml.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Project {
    /// The folder of the project.
    pub root: PathBuf,
    /// Whether the folder holds a dbt_project.yml.
    pub exists: bool,
    /// The target folder, where dbt writes its artifacts.
    pub target: PathBuf,
    /// The folder of the packages that are installed.
    pub(crate) packages: PathBuf,
    /// The folders with the files that dbt reads, relative to the project.
    pub(crate) sources: Vec<PathBuf>,
    /// Its name.
    pub(crate) name: Option<String>,
    /// The name of its profile.
    pub(crate) profile: Option<String>,
    /// Its flags.
    pub(crate) flags: ProjectFlags,
    /// Why dbt_project.yml, or a part of it, cannot be read. A run ignores it: dbt says what is wrong.
    pub(crate) problem: Option<String>,
    /// Whether the caller gave the folder, so that no other was searched.
    is_given: bool,
}

/// The `flags` of dbt_project.yml that decide what is selected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct ProjectFlags {
    /// Whether `state:modified` compares more of the values before rendering.
    #[serde(deserialize_with = "or_default")]
    pub(crate) state_modified_compare_more_unrendered_values: bool,
    /// Whether `source freshness` runs SQL hooks; unset, the version of dbt decides.
    pub(crate) source_freshness_run_project_hooks: Option<bool>,
}

impl Project {
    /// Finds the project: in the folder `given`, else in the nearest folder with a dbt_project.yml, from `cwd` upwards.
    /// This is dbt's own search. `target_path` beats the target path in dbt_project.yml.
    ///
    /// A part of dbt_project.yml that cannot be read counts as missing: dbt reports the error.
    #[must_use]
    pub fn find(given: Option<&Path>, target_path: Option<&Path>, cwd: &Path) -> Self {
        let root = match given {
            Some(dir) => cwd.join(dir),
            None => cwd
                .ancestors()
                .find(|dir| dir.join(PROJECT_FILE).is_file())
                .unwrap_or(cwd)
                .to_path_buf(),
        };
        let file = root.join(PROJECT_FILE);
        let exists = file.is_file();
        let mut settings = Settings::default();
        if exists {
            settings.read(&file);
        }
        let target = target_path.map(Path::to_path_buf);
        let target = target.or_else(|| settings.take("target-path"));
        let packages: Option<PathBuf> = settings.take("packages-install-path");
        let sources = SOURCE_FOLDERS.iter().flat_map(|(key, default)| {
            let given: Option<Vec<PathBuf>> = settings.take(key);
            given.unwrap_or_else(|| vec![PathBuf::from(default)])
        });
        let sources = sources.collect();
        Self {
            sources,
            target: root.join(target.unwrap_or_else(|| PathBuf::from("target"))),
            packages: root.join(packages.unwrap_or_else(|| PathBuf::from("dbt_packages"))),
            exists,
            root,
            name: settings.take("name"),
            profile: settings.take("profile"),
            flags: settings.take("flags").unwrap_or_default(),
            problem: settings.problem,
            is_given: given.is_some(),
        }
    }

    /// The error for a project that does not exist.
    pub(crate) fn not_found(&self) -> DbtError {
        DbtError::NoProject {
            dir: self.root.clone(),
            searched_above: !self.is_given,
        }
    }
}

/// The content of dbt_project.yml, and the first problem with it.
#[derive(Default)]
struct Settings {
    content: Value,
    problem: Option<String>,
}

impl Settings {
    fn read(&mut self, file: &Path) {
        match read_config_text(file) {
            Ok(text) => match serde_yaml::from_str(&text) {
                Ok(content) => self.content = content,
                Err(error) => self.problem = Some(error.to_string()),
            },
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    /// The value of a key; `None` if it is missing, null, or of another type, which is a problem.
    fn take<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value = self.content.get(key)?.clone();
        match serde_yaml::from_value(value) {
            Ok(value) => value,
            Err(error) => {
                self.problem.get_or_insert(format!("{key}: {error}"));
                None
            }
        }
    }
}

/// A value that is false if it is null.
fn or_default<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(text: &str) -> (tempfile::TempDir, Project) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(PROJECT_FILE), text).unwrap();
        let found = Project::find(Some(dir.path()), None, Path::new("/"));
        (dir, found)
    }

    #[test]
    fn the_nearest_project_and_its_target_path_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("models/staging");
        std::fs::create_dir_all(&inner).unwrap();
        assert!(!Project::find(None, None, &inner).exists);
        std::fs::write(
            dir.path().join(PROJECT_FILE),
            "name: shop\ntarget-path: out\n",
        )
        .unwrap();
        let found = Project::find(None, None, &inner);
        assert_eq!((found.root.as_path(), found.exists), (dir.path(), true));
        assert_eq!(found.target, dir.path().join("out"));
        let given = Project::find(Some(dir.path()), Some(Path::new("there")), Path::new("/"));
        assert_eq!(given.target, dir.path().join("there"));
    }

    #[test]
    fn profile_and_flags() {
        let flag = "state_modified_compare_more_unrendered_values";
        let (_dir, found) = project(&format!("profile: till\nflags: {{{flag}: true, x: 1}}\n"));
        assert_eq!(found.profile.as_deref(), Some("till"));
        assert!(found.flags.state_modified_compare_more_unrendered_values);
        assert_eq!(found.problem, None);
        for nothing in ["", "name: shop\nflags:\n", &format!("flags: {{{flag}: }}")] {
            let (_dir, found) = project(nothing);
            assert_eq!(
                (found.flags, found.problem),
                Default::default(),
                "{nothing}"
            );
        }
    }

    #[test]
    fn a_part_that_cannot_be_read_is_a_problem_and_costs_no_other_part() {
        let (dir, found) = project("target-path: out\nprofile: [1]\nflags: 3\n");
        assert_eq!(found.target, dir.path().join("out"));
        assert_eq!(found.profile, None);
        assert!(
            found
                .problem
                .is_some_and(|problem| problem.starts_with("profile: "))
        );
        let (_dir, found) = project("name: [");
        assert!(found.exists && found.problem.is_some());
    }
}
