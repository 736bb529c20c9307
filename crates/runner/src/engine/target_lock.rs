//! The lock on a target folder: two runs of dbt in one folder would overwrite and read each other's artifacts.

use std::fs::TryLockError;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::time::Duration;

use fs_err::File;

use super::lock_file::open_lock_file;
use super::prepare::Prepared;
use crate::observe::Observer;
use crate::outcome::Error;
use crate::store::{JOURNAL_DIR, JournalFolder};

/// The pause between two attempts to take the lock: file locks announce nothing.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Commands that do not write to the target folder.
const WITHOUT_ARTIFACTS: [&str; 3] = ["debug", "init", "man"];

/// The right to write to a target folder. It ends when the value is dropped. If the process is killed, it ends with the
/// last process that holds one of its [`handle`](Self::handle)s.
#[derive(Debug)]
pub(super) struct TargetLock {
    file: File,
}

impl TargetLock {
    /// A file descriptor with the lock, for a process that lives as long as dbt does.
    pub(super) fn handle(&self) -> std::io::Result<OwnedFd> {
        Ok(self.file.file().try_clone()?.into())
    }
}

impl Drop for TargetLock {
    fn drop(&mut self) {
        // Closing our descriptor would not do while another process has a copy of it.
        if let Err(error) = self.file.file().unlock() {
            tracing::debug!(%error, "cannot unlock the target folder");
        }
    }
}

/// Waits until no other run of ours writes to the target folder. `None` when the command writes nothing, or when the file
/// system has no locks or is read-only: dbt runs without a lock then.
///
/// # Errors
/// When the lock belongs to another user.
pub(super) async fn lock_target(
    prepared: &Prepared,
    observer: &dyn Observer,
) -> Result<Option<TargetLock>, Error> {
    let (command, target) = (&*prepared.args.command, &*prepared.project.target);
    let Some(mut file) = lock_file(prepared)? else {
        return Ok(None);
    };
    let mut is_announced = false;
    loop {
        match file.file().try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "cannot lock the target folder");
                return Ok(None);
            }
        }
        if !is_announced {
            is_announced = true;
            observer.on_warning(&format!(
                "waiting for {}, which {} uses; to run at the same time, give this run a --target-path of its own",
                target.display(),
                holder(&mut file)
            ));
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    let holder = format!("process {}: {command}", std::process::id());
    // Only people read it.
    let _ = file
        .set_len(0)
        .and_then(|()| file.write_all(holder.as_bytes()));
    Ok(Some(TargetLock { file }))
}

/// Opens the file that stands for the target folder; `None` for a command that does not write there.
fn lock_file(prepared: &Prepared) -> Result<Option<File>, Error> {
    let (command, project) = (&*prepared.args.command, &prepared.project);
    let writes = prepared.folder.is_some() && !WITHOUT_ARTIFACTS.contains(&command);
    if !writes || !project.exists {
        return Ok(None);
    }
    let in_project = JournalFolder::at(project.root.join(JOURNAL_DIR));
    open_lock_file(&project.target, &in_project)
}

/// The process that holds the lock, as it described itself.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.is_empty() => text,
        _ => "another run".to_owned(),
    }
}
