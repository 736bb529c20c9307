//! dbt's process: started from a thread of its own, and observed until it has ended.

use std::io::PipeReader;
use std::os::unix::process::ExitStatusExt;
use std::process::{ChildStderr, ChildStdout, ExitStatus};
use std::sync::mpsc;

use jiff::Timestamp;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use tokio::sync::oneshot;

use super::dbt_command::DbtCommand;
use super::error::DbtError;
use super::launch::LaunchPipes;
use super::process_group::{ProcessGroup, wait_for_survivors};
use super::spawn::{Spawned, spawn};
use super::watchdog::Watchdog;

/// A running dbt.
pub(crate) struct DbtProcess {
    /// Where dbt writes its output, and without the launcher its structured log.
    pub(crate) stdout: ChildStdout,
    /// Where the launcher writes dbt's structured log.
    pub(crate) events: Option<PipeReader>,
    /// Where Python and the drivers of databases write.
    pub(crate) stderr: ChildStderr,
    /// Stops dbt.
    pub(crate) group: ProcessGroup,
    /// Resolves when dbt has ended.
    pub(crate) exit: oneshot::Receiver<DbtExit>,
}

/// How and when dbt ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DbtExit {
    /// `None` when the operating system does not say.
    pub(crate) status: Option<ExitStatus>,
    /// When dbt ended.
    pub(crate) at: Timestamp,
}

impl DbtExit {
    /// The exit code; `None` when a signal ended dbt.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    /// The number of the signal that ended dbt, if one did.
    pub(crate) fn signal(&self) -> Option<i32> {
        self.status.and_then(|status| status.signal())
    }
}

impl DbtProcess {
    /// Starts dbt from a thread that lives until dbt has ended: the kernel's signal on the death of the parent is about
    /// the parent *thread*.
    ///
    /// # Errors
    /// [`DbtError::Start`].
    pub(crate) fn start(command: DbtCommand) -> Result<Self, DbtError> {
        let (started, start) = mpsc::sync_channel(1);
        let program = command.program.clone();
        let failed = |source| DbtError::Start {
            dbt: program.clone(),
            source,
        };
        std::thread::Builder::new()
            .name("dbt".to_owned())
            .spawn(move || start_and_wait(command, &started))
            .map_err(failed)?;
        start
            .recv()
            .unwrap_or_else(|_| Err(std::io::Error::other("the thread that starts dbt ended")))
            .map_err(failed)
    }
}

/// Starts dbt, sends the process or the error to `started`, and returns when dbt has ended.
fn start_and_wait(
    mut command: DbtCommand,
    started: &mpsc::SyncSender<std::io::Result<DbtProcess>>,
) {
    let (ended, exit) = oneshot::channel();
    let mut watchdog = Watchdog::start(std::mem::take(&mut command.aftercare));
    let Spawned {
        mut child,
        launcher,
    } = match spawn(command, &watchdog) {
        Ok(spawned) => spawned,
        Err(error) => {
            watchdog.dismiss();
            return drop(started.send(Err(error)));
        }
    };
    let id = Pid::from_child(&child);
    let group = ProcessGroup::led_by(id);
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return drop(started.send(Err(std::io::Error::other("dbt has no pipes"))));
    };
    let (events, text) = launcher.map(LaunchPipes::started).unzip();
    let process = DbtProcess {
        stdout,
        events,
        stderr,
        group: group.clone(),
        exit,
    };
    drop(started.send(Ok(process)));
    if let Some(text) = text {
        text.send();
    }

    wait_without_reaping(id);
    let at = Timestamp::now();
    let was_signalled = group.forget_id();
    let status = child.wait().ok();
    // The receiver may be gone.
    let _ = ended.send(DbtExit { status, at });
    if was_signalled {
        wait_for_survivors(id);
    }
    watchdog.dismiss();
}

/// Waits for the end of a process and leaves it a zombie, so that no signal can reach a process that reuses its id.
fn wait_without_reaping(id: Pid) {
    let exited = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(
        waitid(WaitId::Pid(id), exited),
        Err(rustix::io::Errno::INTR)
    ) {}
}
