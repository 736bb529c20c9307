//! Where a dbt project is, and where its artifacts are.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Name of the file that makes a folder a dbt project.
pub const PROJECT_FILE: &str = "dbt_project.yml";

/// The places of a dbt project.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Project {
    /// Its folder.
    pub root: PathBuf,
    /// Whether there is a dbt_project.yml.
    pub exists: bool,
    /// Where dbt writes its artifacts.
    pub target: PathBuf,
}

/// What is taken from dbt_project.yml.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Settings {
    target_path: Option<PathBuf>,
}

impl Project {
    /// The project in the folder given, else the nearest from the working directory upwards (dbt's own search).
    ///
    /// A dbt_project.yml that cannot be read counts as one that says nothing: dbt will say what is wrong with it.
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_project_and_what_it_says_of_its_target() {
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
