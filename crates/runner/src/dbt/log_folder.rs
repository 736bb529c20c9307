//! dbt's log folder. If dbt cannot write there, it exits without a word.

use std::path::{Path, PathBuf};

use fs_err::OpenOptions;
use tempfile::TempDir;

use super::command_line::CommandLine;
use super::project::Project;

/// Name of dbt's log file.
const LOG_FILE: &str = "dbt.log";

/// Why dbt cannot write its log file, with what to do; `None` if it can. `variable` is the value of `DBT_LOG_PATH`.
pub(crate) fn log_folder_problem(
    line: &CommandLine,
    variable: Option<&Path>,
    project: &Project,
    cwd: &Path,
) -> Option<String> {
    let folder =
        chosen(line, variable).map_or_else(|| default_folder(project), |path| cwd.join(path));
    let error = open_log(&folder).err()?;
    Some(format!(
        "dbt cannot write its log: {error}; make the folder writable, or choose another with --log-path or DBT_LOG_PATH"
    ))
}

/// A temporary folder for dbt's log, if the user chose none and dbt cannot write to that in the project, which may be
/// read-only.
pub(crate) fn spare_log_folder(
    line: &CommandLine,
    variable: Option<&Path>,
    project: &Project,
) -> Option<TempDir> {
    let is_needed = project.exists
        && chosen(line, variable).is_none()
        && !is_writable(&default_folder(project).join(LOG_FILE));
    if !is_needed {
        return None;
    }
    let made = tempfile::Builder::new()
        .prefix("prefect-dbt-logs-")
        .tempdir();
    made.inspect_err(|error| tracing::debug!(%error, "dbt gets no temporary log folder"))
        .ok()
}

/// The log folder that the user chose.
fn chosen<'a>(line: &'a CommandLine, variable: Option<&'a Path>) -> Option<&'a Path> {
    line.value("--log-path").map(Path::new).or(variable)
}

fn default_folder(project: &Project) -> PathBuf {
    project.root.join("logs")
}

/// Whether this process can write to a file, which may not exist, and neither may its folder. Changes nothing.
pub(crate) fn is_writable(file: &Path) -> bool {
    let nearest = file.ancestors().find(|path| path.exists());
    nearest.is_some_and(|path| {
        let fits = path == file || path.is_dir();
        fits && rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
    })
}

/// Does what dbt does at its start.
fn open_log(folder: &Path) -> std::io::Result<()> {
    fs_err::create_dir_all(folder)?;
    let path = folder.join(LOG_FILE);
    OpenOptions::new().append(true).create(true).open(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_folder_that_cannot_be_written_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let project = Project::find(Some(dir.path()), None, Path::new("/"));
        let problem = |words: &[&str], variable: Option<&Path>| {
            log_folder_problem(&CommandLine::parse(words), variable, &project, dir.path())
        };
        assert_eq!(problem(&["build"], None), None);
        // Not even root can make a folder below a file.
        fs_err::write(dir.path().join("file"), "").unwrap();
        let named = problem(&["build"], Some(Path::new("file/logs"))).unwrap();
        assert!(named.starts_with("dbt cannot write its log: "), "{named}");
        assert!(named.contains("file/logs"), "{named}");
        assert!(problem(&["build", "--log-path", "file/x"], None).is_some());
        assert_eq!(
            problem(&["build", "--log-path", "fine"], Some(Path::new("file/x"))),
            None
        );
    }

    #[test]
    fn a_project_that_cannot_be_written_gets_another_log_folder() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs_err::write(root.join("dbt_project.yml"), "name: shop\n").unwrap();
        let project = Project::find(Some(root), None, Path::new("/"));
        let spare = |words: &[&str], variable: Option<&Path>| {
            spare_log_folder(&CommandLine::parse(words), variable, &project).is_some()
        };
        assert!(!spare(&["build"], None));
        // Not even root can make a folder below a file.
        fs_err::write(root.join("logs"), "").unwrap();
        assert!(spare(&["build"], None));
        assert!(!spare(&["build", "--log-path", "x"], None));
        assert!(!spare(&["build"], Some(Path::new("x"))));
        assert!(is_writable(&root.join("a/b/c")) && !is_writable(&root.join("logs/dbt.log")));
    }
}
