//! A small process that stops dbt when this process is killed.
//!
//! It reads from a pipe whose other end only this process has: when this process dies, however it dies, the pipe ends.
//! The kernel's own means on Linux (PR_SET_PDEATHSIG) is not enough: it does not signal the processes that a wrapper
//! script has started, and it signals dbt once for each of our threads that becomes its parent while we die. dbt aborts
//! on two SIGINTs in a row: it then neither cancels its queries nor writes its results.

use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Reads the id of the group, then waits for a line or the end of the pipe. At the end of the pipe, the group gets SIGINT;
/// 12 seconds later another SIGINT, since dbt cancels only the queries that run at that moment and would wait for one that
/// starts a moment later; and after 30 seconds SIGKILL. Then the folders are removed. Uses `kill -s`, which
/// POSIX has: not every shell accepts a group after `kill -INT --`.
///
/// A signal for every process of a service or a container does not end it: dbt would be left alone if this process were
/// killed later.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM
if read -r group; then
  [ "$group" = done ] && exit 0
  read -r word && exit 0
  kill -s INT -- "-$group"
  seconds=0
  while [ "$seconds" -lt 30 ] && kill -s 0 -- "-$group"; do
    [ "$seconds" -eq 12 ] && kill -s INT -- "-$group"
    sleep 1
    seconds=$((seconds + 1))
  done
  kill -s KILL -- "-$group"
fi
[ $# -eq 0 ] || rm -rf -- "$@"
"#;

/// What else the watchdog does if this process is killed.
#[derive(Debug, Default)]
pub(crate) struct Aftercare {
    /// A file whose lock it holds until dbt has ended.
    pub(crate) lock: Option<OwnedFd>,
    /// Folders that it removes when dbt has ended.
    pub(crate) folders: Vec<PathBuf>,
}

/// Stops one process group when this process dies, unless it is dismissed before.
pub(super) struct Watchdog(Option<Child>);

impl Watchdog {
    /// Starts a watchdog, which waits for a line with the id of the group.
    pub(super) fn start(aftercare: Aftercare) -> Self {
        let child = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "watchdog"])
            .args(aftercare.folders)
            .stdin(Stdio::piped())
            // It writes nothing: this is only the way to pass an open file on.
            .stdout(aftercare.lock.map_or_else(Stdio::null, Stdio::from))
            .stderr(Stdio::null())
            // Ctrl-C in the terminal must not end it.
            .process_group(0)
            .spawn()
            .inspect_err(|error| tracing::debug!(%error, "cannot start the watchdog"));
        Self(child.ok())
    }

    /// The pipe that takes the id of the group. `None` if the watchdog could not start.
    pub(super) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        Some(self.0.as_ref()?.stdin.as_ref()?.as_fd())
    }

    /// Ends the watchdog without a signal to the group, which has ended.
    pub(super) fn dismiss(&mut self) {
        let Some(mut child) = self.0.take() else {
            return;
        };
        if let Some(mut stdin) = child.stdin.take()
            && let Err(error) = stdin.write_all(b"done\n")
        {
            tracing::debug!(%error, "the watchdog has ended already");
        }
        if let Err(error) = child.wait() {
            tracing::debug!(%error, "cannot wait for the watchdog");
        }
    }
}
