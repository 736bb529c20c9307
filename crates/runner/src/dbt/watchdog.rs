//! A small process that stops dbt when we are killed.
//!
//! On Linux the kernel tells dbt itself, but not what a wrapper script started, and other systems tell nobody. The
//! watchdog holds the end of a pipe that nobody else has: when we die, however, the pipe ends.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// Waits for a word or the end of the pipe. On the end: the head start, SIGINT to the group, and SIGKILL when that was
/// not enough. Not every shell takes a group after `kill -INT --`: `kill -s` is what POSIX has.
const SCRIPT: &str = r#"
read -r word && exit 0
wait_for_end() {
  seconds=0
  while [ "$seconds" -lt "$2" ]; do
    kill -s 0 -- "-$1" 2>/dev/null || exit 0
    sleep 1
    seconds=$((seconds + 1))
  done
}
wait_for_end "$1" "$2"
kill -s INT -- "-$1" 2>/dev/null || exit 0
wait_for_end "$1" 30
kill -s KILL -- "-$1" 2>/dev/null
"#;

/// Seconds that dbt gets before the watchdog steps in. A SIGINT that follows the kernel's closely makes dbt abort: it
/// cancels no query and writes no run_results.json.
pub(super) const HEAD_START: u32 = if cfg!(target_os = "linux") { 10 } else { 0 };

/// Watches over one process group, until it is dismissed.
pub(super) struct Watchdog(Option<Child>);

impl Watchdog {
    /// A watchdog for the group of this id. Without a shell there is none, which only a kill of ours would show.
    pub(super) fn over(group: i32, head_start: u32) -> Self {
        let child = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "watchdog"])
            .args([group.to_string(), head_start.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in the terminal is not meant for it.
            .process_group(0)
            .spawn()
            .inspect_err(|error| tracing::debug!(%error, "no watchdog"));
        Self(child.ok())
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
