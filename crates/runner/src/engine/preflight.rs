//! Checks whether the project and profiles.yml exist, before dbt fails without naming the remedy.

use std::path::Path;

use crate::dbt::{DbtArgs, DbtError, PROFILES_FILE, Project};

/// Commands that need no project, or report its absence themselves.
const WITHOUT_PROJECT: [&str; 2] = ["init", "debug"];
/// Commands that need no profile.
const WITHOUT_PROFILE: [&str; 5] = ["init", "debug", "clean", "deps", "man"];

/// Checks that the project and the profiles.yml exist if the command needs them.
pub(super) fn check(
    args: &DbtArgs,
    project: &Project,
    profiles_dir: Option<&Path>,
) -> Result<(), DbtError> {
    let command = args.command.as_str();
    if !args.has_command() {
        return Ok(());
    }
    if !project.exists && !WITHOUT_PROJECT.contains(&command) {
        return Err(project.not_found());
    }
    if let Some(dir) = profiles_dir
        && !WITHOUT_PROFILE.contains(&command)
        && !dir.join(PROFILES_FILE).is_file()
    {
        return Err(DbtError::NoProfiles {
            dir: dir.to_path_buf(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbt::CommandLine;

    fn checked(command: &str, project: &Path, profiles: &Path) -> Result<(), DbtError> {
        let args: Vec<&str> = command.split_whitespace().collect();
        let found = Project::find(Some(project), None, Path::new("/"));
        check(
            &DbtArgs::of(&CommandLine::parse(&args)),
            &found,
            Some(profiles),
        )
    }

    #[test]
    fn what_is_missing_is_named() {
        let empty = tempfile::tempdir().unwrap();
        let shop = tempfile::tempdir().unwrap();
        std::fs::write(shop.path().join("dbt_project.yml"), "name: shop\n").unwrap();
        let profiles = tempfile::tempdir().unwrap();
        std::fs::write(profiles.path().join(PROFILES_FILE), "").unwrap();

        assert!(checked("build", shop.path(), profiles.path()).is_ok());
        let error = checked("build", empty.path(), profiles.path()).unwrap_err();
        assert!(matches!(error, DbtError::NoProject { .. }), "{error}");
        let error = checked("build", shop.path(), empty.path()).unwrap_err();
        assert!(matches!(error, DbtError::NoProfiles { .. }), "{error}");
        for fine in ["--version", "init", "debug"] {
            assert!(checked(fine, empty.path(), empty.path()).is_ok(), "{fine}");
        }
        assert!(checked("deps", shop.path(), empty.path()).is_ok());
    }
}
