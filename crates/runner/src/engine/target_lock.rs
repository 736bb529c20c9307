//! The lock on a target folder: two runs of dbt in one folder would overwrite and read each other's artifacts.

use std::fs::TryLockError;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use fs_err::{File, OpenOptions};
use sha2::{Digest as _, Sha256};

use super::prepare::Prepared;
use crate::observe::Observer;
use crate::store::{JOURNAL_DIR, JournalFolder};

/// The pause between two attempts to take the lock: file locks announce nothing.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Commands that do not write to the target folder.
const WITHOUT_ARTIFACTS: [&str; 3] = ["debug", "init", "man"];

/// The right to write to a target folder. It ends when the value is dropped, or with the process.
#[derive(Debug)]
pub(super) struct TargetLock {
    _file: File,
}

/// Waits until no other run of ours writes to the target folder. `None` when the command writes nothing, or when the file
/// system has no locks or is read-only: dbt runs without a lock then.
pub(super) async fn lock_target(
    prepared: &Prepared,
    observer: &dyn Observer,
) -> Option<TargetLock> {
    let (command, target) = (&*prepared.args.command, &*prepared.project.target);
    let mut file = open_lock_file(prepared)?;
    let mut is_announced = false;
    loop {
        match file.file().try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "cannot lock the target folder");
                return None;
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
    Some(TargetLock { _file: file })
}

/// Opens the file that stands for the target folder. It lies in the project, where all of its runs find it, whatever folder
/// their journals are in.
fn open_lock_file(prepared: &Prepared) -> Option<File> {
    let (command, project) = (&*prepared.args.command, &prepared.project);
    let journals = prepared.folder.as_ref();
    let journals = journals.filter(|_| !WITHOUT_ARTIFACTS.contains(&command))?;
    let in_project = JournalFolder::at(project.root.join(JOURNAL_DIR));
    let folder = if project.exists {
        &in_project
    } else {
        journals
    };
    open(folder, &project.target)
        .or_else(|_| open(journals, &project.target))
        .inspect_err(
            |error| tracing::debug!(%error, "cannot open the lock file of the target folder"),
        )
        .ok()
}

/// Opens the lock file in a folder that `dbt clean` does not delete.
fn open(folder: &JournalFolder, target: &Path) -> std::io::Result<File> {
    folder.make()?;
    let digest = Sha256::digest(target.as_os_str().as_encoded_bytes());
    let name: String = digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    options.open(folder.dir().join(format!("target-{name}.lock")))
}

/// The process that holds the lock, as it described itself.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.is_empty() => text,
        _ => "another run".to_owned(),
    }
}
