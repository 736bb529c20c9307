//! Checks that dbt and prefect-dbt can write where they write.

use std::path::PathBuf;

use super::report::{Check, Status};

const ID: &str = "folders";

/// A folder that a run writes to.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    /// What is written there.
    pub(super) holds: &'static str,
    /// Where it is.
    pub(super) path: PathBuf,
    /// Whether this process can write there.
    pub(super) is_writable: bool,
    /// What a run does if it is not, and what to do.
    pub(super) otherwise: Otherwise,
}

/// What a run does if a folder cannot be written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Otherwise {
    /// It fails; this is what to do.
    Fails(&'static str),
    /// It goes on; this is how.
    GoesOn(&'static str),
}

/// Checks the folders of a project.
pub(super) fn check(folders: &[Folder]) -> Check {
    let mut findings = Vec::new();
    let mut advice = Vec::new();
    let mut status = Status::Ok;
    for Folder {
        holds,
        path,
        otherwise,
        ..
    } in folders.iter().filter(|folder| !folder.is_writable)
    {
        let shown = path.display();
        match otherwise {
            Otherwise::Fails(remedy) => {
                status = Status::Problem;
                findings.push(format!("{shown}, the folder of {holds}, cannot be written"));
                advice.push(*remedy);
            }
            Otherwise::GoesOn(how) => {
                findings.push(format!(
                    "{shown}, the folder of {holds}, cannot be written: {how}"
                ));
            }
        }
    }
    let check = match (findings.is_empty(), status) {
        (true, _) => Check::ok(ID, "dbt can write its artifacts and its log"),
        (false, Status::Ok) => Check::ok(ID, findings.join("\n")),
        (false, _) => Check::problem(ID, findings.join("\n"), advice.join("\n")),
    };
    folders.iter().fold(check, |check, folder| {
        let shown = folder.path.display().to_string();
        check.detail(folder.holds, shown)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_written_is_a_problem_if_a_run_needs_it() {
        let folder = |holds, is_writable, otherwise| Folder {
            holds,
            path: format!("/shop/{holds}").into(),
            is_writable,
            otherwise,
        };
        let target = |is_writable| folder("artifacts", is_writable, Otherwise::Fails("move it"));
        let logs = |is_writable| folder("logs", is_writable, Otherwise::GoesOn("it moves"));
        assert_eq!(check(&[target(true), logs(true)]).status, Status::Ok);
        let moved = check(&[target(true), logs(false)]);
        assert_eq!(moved.status, Status::Ok);
        assert!(moved.finding.ends_with("cannot be written: it moves"));
        let failed = check(&[target(false), logs(true)]);
        assert_eq!(failed.status, Status::Problem);
        assert!(
            failed.finding.starts_with("/shop/artifacts, "),
            "{}",
            failed.finding
        );
        assert_eq!(failed.advice.as_deref(), Some("move it"));
    }
}
