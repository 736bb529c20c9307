//! One dbt at a time in a target folder: two would overwrite each other's artifacts, and each read the other's.

use std::fs::TryLockError;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use fs_err::{File, OpenOptions};
use sha2::{Digest as _, Sha256};

use super::prepare::Prepared;
use crate::observe::Observer;
use crate::store::{JOURNAL_DIR, JournalFolder};

/// How often a folder that is taken is looked at again.
const GLANCE: Duration = Duration::from_millis(100);
/// Commands that leave the target folder alone.
const HARMLESS: [&str; 3] = ["debug", "init", "man"];

/// The right to write to a target folder; gone when it is dropped, or with the process.
#[derive(Debug)]
pub(super) struct TargetLock {
    _file: File,
}

/// Waits until no other run of ours writes to the target folder. `None` when there is nothing to claim, or no way to: a
/// file system without locks or a project that is read-only are no reason not to run.
pub(super) async fn lock_target(
    prepared: &Prepared,
    observer: &dyn Observer,
) -> Option<TargetLock> {
    let (command, target) = (&*prepared.args.command, &*prepared.project.target);
    let folder = prepared.folder.as_ref();
    let folder = folder.filter(|_| !HARMLESS.contains(&command))?;
    // In the project, wherever its journals go: all its runs meet there.
    let here = JournalFolder::at(prepared.project.root.join(JOURNAL_DIR));
    let here = if prepared.project.exists {
        &here
    } else {
        folder
    };
    let mut file = open(here, target)
        .or_else(|_| open(folder, target))
        .inspect_err(|error| tracing::debug!(%error, "the target folder cannot be claimed"))
        .ok()?;
    let mut is_told = false;
    loop {
        match file.file().try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "the target folder cannot be claimed");
                return None;
            }
        }
        if !is_told {
            is_told = true;
            observer.on_warning(&format!(
                "{} is in use by {}; this run waits for its end (a --target-path of its own would spare it that)",
                target.display(),
                holder(&mut file)
            ));
        }
        tokio::time::sleep(GLANCE).await;
    }
    let told = format!("process {}: {command}", std::process::id());
    // Only people read it.
    let _ = file
        .set_len(0)
        .and_then(|()| file.write_all(told.as_bytes()));
    Some(TargetLock { _file: file })
}

/// The file that stands for a target folder. It lies beside the journals, where `dbt clean` does not find it.
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

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.is_empty() => text,
        _ => "another run".to_owned(),
    }
}
