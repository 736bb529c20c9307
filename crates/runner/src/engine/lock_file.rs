//! The file that stands for a target folder. Only its owner can open it, so that no other user can hold its lock.

use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use fs_err::{File, OpenOptions};
use sha2::{Digest as _, Sha256};

use crate::outcome::Error;
use crate::store::JournalFolder;

/// Where the lock file of a target folder can be.
pub(super) struct Places<'a> {
    pub(super) target: &'a Path,
    /// The folder in the project, where all of its runs find the file. `None` without a project.
    pub(super) in_project: Option<&'a JournalFolder>,
    /// The folder of this run's journals.
    pub(super) journals: &'a JournalFolder,
}

impl Places<'_> {
    /// Opens the file, in the project if that can be written to. `None` if no place can be written to.
    ///
    /// # Errors
    /// When the lock of a target folder in the project belongs to another user.
    pub(super) fn open(&self) -> Result<Option<File>, Error> {
        for folder in self.in_project.into_iter().chain([self.journals]) {
            let error = match open(folder, self.target) {
                Ok(file) => return Ok(Some(file)),
                Err(error) => error,
            };
            if error.kind() == ErrorKind::PermissionDenied
                && let Some(path) = foreign(folder, self.target)
            {
                return Err(Error::TargetLock {
                    target: self.target.to_owned(),
                    lock: path,
                });
            }
            tracing::debug!(%error, "cannot open the lock file of the target folder");
        }
        Ok(None)
    }
}

/// Opens the lock file in a folder that `dbt clean` does not delete.
fn open(folder: &JournalFolder, target: &Path) -> std::io::Result<File> {
    folder.make()?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    let flags = options.options_mut();
    flags.mode(0o600).custom_flags(libc::O_NOFOLLOW);
    let file = options.open(path(folder, target))?;
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
        let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
        drop(open(&folder, &target).unwrap());
        let file = path(&folder, &target);
        assert_eq!((mode(folder.dir()), mode(&file)), (0o700, 0o600));

        let open_to_all = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        open_to_all(&file, 0o644);
        open_to_all(folder.dir(), 0o755);
        drop(open(&folder, &target).unwrap());
        assert_eq!((mode(folder.dir()), mode(&file)), (0o700, 0o600));

        std::fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &file).unwrap();
        open(&folder, &target).unwrap_err();
        assert!(!dir.path().join("elsewhere").exists());
    }
}
