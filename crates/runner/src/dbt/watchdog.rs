//! A small process that stops dbt when we are killed.
//!
//! It holds the end of a pipe that nobody else has: when we die, however, the pipe ends. The kernel's own means on Linux
//! (PR_SET_PDEATHSIG) does not do: it says nothing to what a wrapper script has started, and signals once for each of
//! our threads that dbt is handed down to while we die. dbt aborts on two SIGINTs in a row, and neither cancels its
//! queries nor writes its results.

use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// Reads the id of the group, then waits for a word or the end of the pipe. On the end: SIGINT to the group; another one
/// some seconds later, since dbt cancels only those queries that run at that moment and would wait for one that begins a
/// moment after; and SIGKILL when that was not enough. Not every shell takes a group after `kill -INT --`: `kill -s` is
/// what POSIX has.
const SCRIPT: &str = r#"
read -r group || exit 0
read -r word && exit 0
kill -s INT -- "-$group" 2>/dev/null || exit 0
seconds=0
while [ "$seconds" -lt 30 ] && kill -s 0 -- "-$group" 2>/dev/null; do
  [ "$seconds" -eq 12 ] && kill -s INT -- "-$group" 2>/dev/null
  sleep 1
  seconds=$((seconds + 1))
done
kill -s KILL -- "-$group" 2>/dev/null
"#;

/// Watches over one process group, from when it is told which until it is dismissed.
pub(super) struct Watchdog(Option<Child>);

impl Watchdog {
    /// A watchdog that waits for a line with the id of its group.
    pub(super) fn start() -> Self {
        let child = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "watchdog"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in the terminal is not meant for it.
            .process_group(0)
            .spawn()
            .inspect_err(|error| tracing::debug!(%error, "no watchdog"));
        Self(child.ok())
    }

    /// Where it is told its group; `None` where there is no shell, and so no watchdog.
    pub(super) fn ear(&self) -> Option<BorrowedFd<'_>> {
        Some(self.0.as_ref()?.stdin.as_ref()?.as_fd())
    }

    /// Sends it home: the group has ended.
    pub(super) fn dismiss(&mut self) {
        let Some(mut child) = self.0.take() else {
            return;
        };
        if let Some(mut stdin) = child.stdin.take()
            && let Err(error) = stdin.write_all(b"done\n")
        {
            tracing::debug!(%error, "the watchdog is gone already");
        }
        if let Err(error) = child.wait() {
            tracing::debug!(%error, "the watchdog cannot be waited for");
        }
    }
}
