//! Finds a dbt project and its target folder.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::DbtError;

/// Name of the file that makes a folder a dbt project.
pub const PROJECT_FILE: &str = "dbt_project.yml";

/// The folders of a dbt project.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Project {
    /// The folder of the project.
    pub root: PathBuf,
    /// Whether the folder holds a readable dbt_project.yml.
    pub exists: bool,
    /// The target folder, where dbt writes its artifacts.
    pub target: PathBuf,
    /// Whether the caller gave the folder, so that no other was searched.
    is_given: bool,
}

/// The part of dbt_project.yml that is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Settings {
    target_path: Option<PathBuf>,
}

impl Project {
    /// Finds the project: in the folder `given`, else in the nearest folder with a dbt_project.yml, from `cwd` upwards.
    /// This is dbt's own search. `target_path` beats the target path in dbt_project.yml.
    ///
    /// A dbt_project.yml that is not valid YAML counts as empty: dbt reports the error.
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
        let text = fs_err::read_to_string(root.join(PROJECT_FILE)).ok();
        let settings: Settings = text
            .as_deref()
            .and_then(|text| serde_yaml::from_str(text).ok())
            .unwrap_or_default();
        let target = target_path
            .map(Path::to_path_buf)
            .or(settings.target_path)
            .unwrap_or_else(|| PathBuf::from("target"));
        Self {
            target: root.join(target),
            exists: text.is_some(),
            root,
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
