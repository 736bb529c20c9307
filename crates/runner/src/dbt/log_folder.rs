//! dbt's log folder. If dbt cannot write there, it exits without a word.

use std::path::Path;

use fs_err::OpenOptions;

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
    let folder = match (line.value("--log-path"), variable) {
        (Some(path), _) => cwd.join(path),
        (None, Some(path)) => cwd.join(path),
        (None, None) => project.root.join("logs"),
    };
    let error = open_log(&folder).err()?;
    Some(format!(
        "dbt cannot write its log: {error}; make the folder writable, or choose another with --log-path or DBT_LOG_PATH"
    ))
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
}
