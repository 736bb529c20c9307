//! Finds the dbt executable.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::error::DbtError;

/// Finds the dbt to run: `given`, else the dbt of the active virtual environment (`virtual_env`), of `.venv` in the working
/// directory, or in `path`, in this order.
///
/// `given` is a path relative to `cwd`, or a bare name, which is looked up in `path` as a shell does. `virtual_env` and
/// `path` are the values of `VIRTUAL_ENV` and `PATH`.
///
/// # Errors
/// [`DbtError::NotFound`] with the places that were searched, or with what is wrong with `given`.
pub fn find_dbt(
    given: Option<&Path>,
    cwd: &Path,
    virtual_env: Option<&OsStr>,
    path: Option<&OsStr>,
) -> Result<PathBuf, DbtError> {
    match given {
        Some(given) => find_given(given, cwd, path),
        None => search(cwd, virtual_env, path),
    }
    .map_err(|problem| DbtError::NotFound { problem })
}

fn find_given(given: &Path, cwd: &Path, path: Option<&OsStr>) -> Result<PathBuf, String> {
    if given.components().count() == 1 && path.is_some() {
        let found = search_path(given, path);
        return found.ok_or_else(|| format!("`{}` is not in PATH", given.display()));
    }
    let place = cwd.join(given);
    match (is_executable(&place), place.exists()) {
        (true, _) => Ok(place),
        (false, true) => Err(format!("{} is not an executable file", place.display())),
        (false, false) => Err(format!("{} does not exist", place.display())),
    }
}

fn search(
    cwd: &Path,
    virtual_env: Option<&OsStr>,
    path: Option<&OsStr>,
) -> Result<PathBuf, String> {
    let environments = [
        virtual_env.map(|dir| Path::new(dir).join("bin/dbt")),
        Some(cwd.join(".venv/bin/dbt")),
    ];
    let places: Vec<PathBuf> = environments.into_iter().flatten().collect();
    if let Some(found) = places.iter().find(|place| is_executable(place)) {
        return Ok(found.clone());
    }
    search_path(Path::new("dbt"), path).ok_or_else(|| {
        let looked_for = places.iter().map(|place| match place.exists() {
            true => format!("{} (not an executable file)", place.display()),
            false => place.display().to_string(),
        });
        let looked_for: Vec<String> = looked_for.collect();
        format!("looked for {} and in PATH", looked_for.join(", "))
    })
}

fn search_path(name: &Path, path: Option<&OsStr>) -> Option<PathBuf> {
    std::env::split_paths(path?)
        .map(|dir| dir.join(name))
        .find(|place| is_executable(place))
}

fn is_executable(place: &Path) -> bool {
    fs_err::metadata(place)
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn executable(place: &Path) -> PathBuf {
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, "").unwrap();
        std::fs::set_permissions(place, std::fs::Permissions::from_mode(0o755)).unwrap();
        place.to_path_buf()
    }

    #[test]
    fn places_are_searched_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let cwd = dir.path();
        let on_path = cwd.join("usr/bin");
        let active = cwd.join("active");
        let find = |given: Option<&str>| {
            find_dbt(
                given.map(Path::new),
                cwd,
                Some(active.as_os_str()),
                Some(on_path.as_os_str()),
            )
        };
        let missing = find(None).unwrap_err().to_string();
        for place in ["active/bin/dbt", ".venv/bin/dbt", "PATH"] {
            assert!(missing.contains(place), "{missing}");
        }
        let last = executable(&on_path.join("dbt"));
        assert_eq!(find(None).unwrap(), last);
        let second = executable(&cwd.join(".venv/bin/dbt"));
        assert_eq!(find(None).unwrap(), second);
        let first = executable(&active.join("bin/dbt"));
        assert_eq!(find(None).unwrap(), first);
        let other = executable(&on_path.join("dbt-1.8"));
        assert_eq!(find(Some("dbt-1.8")).unwrap(), other);
        assert_eq!(find(Some("usr/bin/dbt")).unwrap(), last);
        assert!(
            find(Some("nowhere/dbt"))
                .unwrap_err()
                .to_string()
                .contains("nowhere/dbt")
        );
    }
}
