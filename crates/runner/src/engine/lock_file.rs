//! The file that stands for a target folder. Only its owner can open it, so that no other user can hold its lock.

use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use fs_err::{File, OpenOptions};
use sha2::{Digest as _, Sha256};

use crate::outcome::Error;
use crate::store::JournalFolder;

/// Its name in a target folder.
const IN_TARGET: &str = ".prefect-dbt.lock";

/// Opens the file: in the project, where all of its runs find it and `dbt clean` does not delete it. If the project cannot be
/// written to, in the target folder: containers may share the folder of their journals, but not that. `None` if neither can.
///
/// # Errors
/// When the lock belongs to another user.
pub(super) fn open_lock_file(
    target: &Path,
    in_project: &JournalFolder,
) -> Result<Option<File>, Error> {
    let opened = in_project
        .make()
        .and_then(|()| open(&path(in_project, target)));
    if let Some(file) = unless_foreign(opened, target, || foreign(in_project, target))? {
        return Ok(Some(file));
    }
    let inside = target.join(IN_TARGET);
    let opened = fs_err::create_dir_all(target).and_then(|()| open(&inside));
    let owner = || {
        std::fs::symlink_metadata(&inside)
            .ok()
            .map(|found| found.uid())
    };
    unless_foreign(opened, target, || {
        owner().is_some_and(is_foreign).then(|| inside.clone())
    })
}

/// The opened file; `None` if it cannot be opened.
///
/// # Errors
/// When that is because of another user.
fn unless_foreign(
    opened: std::io::Result<File>,
    target: &Path,
    foreign: impl FnOnce() -> Option<PathBuf>,
) -> Result<Option<File>, Error> {
    let error = match opened {
        Ok(file) => return Ok(Some(file)),
        Err(error) => error,
    };
    if error.kind() == ErrorKind::PermissionDenied
        && let Some(lock) = foreign()
    {
        return Err(Error::TargetLock {
            target: target.to_owned(),
            lock,
        });
    }
    tracing::debug!(%error, "cannot open the lock file of the target folder");
    Ok(None)
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    let flags = options.options_mut();
    flags.mode(0o600).custom_flags(libc::O_NOFOLLOW);
    let file = options.open(path)?;
    // A file of an earlier version: everybody could hold its lock.
    if file.metadata()?.mode() & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

fn path(folder: &JournalFolder, target: &Path) -> PathBuf {
    let digest = Sha256::digest(target.as_os_str().as_encoded_bytes());
    let name: String = digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    folder.dir().join(format!("target-{name}.lock"))
}

/// The path that keeps the lock from us because another user owns it. In a folder that cannot be looked into, there may
/// be a lock for each target folder beside it.
fn foreign(folder: &JournalFolder, target: &Path) -> Option<PathBuf> {
    let file = path(folder, target);
    if let Ok(found) = std::fs::symlink_metadata(&file) {
        return is_foreign(found.uid()).then_some(file);
    }
    let found = std::fs::metadata(folder.dir()).ok()?;
    let is_beside = folder
        .dir()
        .parent()
        .is_some_and(|root| target.starts_with(root));
    (is_foreign(found.uid()) && is_beside).then(|| folder.dir().to_owned())
}

fn is_foreign(owner: u32) -> bool {
    owner != rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_is_private_and_no_symlink() {
        let dir = tempfile::tempdir().unwrap();
        let folder = JournalFolder::at(dir.path().join(".prefect-dbt"));
        let target = dir.path().join("target");
        let open = || open_lock_file(&target, &folder).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
        drop(open());
        let file = path(&folder, &target);
        assert_eq!((mode(folder.dir()), mode(&file)), (0o700, 0o600));
        assert!(!target.exists());

        let open_to_all = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        open_to_all(&file, 0o644);
        open_to_all(folder.dir(), 0o755);
        drop(open());
        assert_eq!((mode(folder.dir()), mode(&file)), (0o700, 0o600));

        std::fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &file).unwrap();
        drop(open());
        assert!(!dir.path().join("elsewhere").exists());
    }

    #[test]
    fn a_project_that_cannot_be_written_to_has_the_lock_in_the_target_folder() {
        let dir = tempfile::tempdir().unwrap();
        let is_file = dir.path().join("file");
        std::fs::write(&is_file, "").unwrap();
        let folder = JournalFolder::at(is_file.join(".prefect-dbt"));
        let target = dir.path().join("target");
        let file = open_lock_file(&target, &folder).unwrap().unwrap();
        assert_eq!(file.path(), target.join(IN_TARGET));

        let nowhere = is_file.join("target");
        assert!(open_lock_file(&nowhere, &folder).unwrap().is_none());
    }
}
