//! Where dbt looks for profiles.yml.

use std::path::{Path, PathBuf};

/// Name of the file with the connections of dbt.
pub(crate) const PROFILES_FILE: &str = "profiles.yml";

/// The folder that dbt reads profiles.yml from: `given` (the flag or `DBT_PROFILES_DIR`), else the working directory if it
/// holds the file, else `.dbt` in `home`. This is dbt's own order.
#[must_use]
pub(crate) fn find_profiles_dir(
    given: Option<&Path>,
    cwd: &Path,
    home: Option<&Path>,
) -> Option<PathBuf> {
    if let Some(given) = given {
        return Some(cwd.join(given));
    }
    if cwd.join(PROFILES_FILE).is_file() {
        return Some(cwd.to_path_buf());
    }
    home.map(|home| home.join(".dbt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_folder_beats_the_working_directory_which_beats_home() {
        let cwd = tempfile::tempdir().unwrap();
        let home = Path::new("/home/ada");
        let found = |given: Option<&str>| {
            find_profiles_dir(given.map(Path::new), cwd.path(), Some(home)).unwrap()
        };
        assert_eq!(found(None), home.join(".dbt"));
        std::fs::write(cwd.path().join(PROFILES_FILE), "").unwrap();
        assert_eq!(found(None), cwd.path());
        assert_eq!(found(Some("conf")), cwd.path().join("conf"));
        assert_eq!(found(Some("/etc/dbt")), Path::new("/etc/dbt"));
    }
}
