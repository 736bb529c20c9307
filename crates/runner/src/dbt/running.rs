//! A dbt whose process runs, and the wait for its end.

use std::io::Result;
use std::process::Child;

use jiff::Timestamp;
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::dbt_command::DbtCommand;
use super::forked::ForkedDbt;
use super::launch::LaunchText;
use super::output_pipes::OutputPipes;
use super::process::DbtExit;
use super::process_group::ProcessGroup;
use super::spawn::spawn;
use super::watchdog::Watchdog;

/// A dbt whose process runs.
pub(super) struct Running {
    pub(super) id: Pid,
    process: Process,
    /// The text that it waits for.
    text: Option<LaunchText>,
}

enum Process {
    Child(Child),
    Forked(ForkedDbt),
}

impl Running {
    /// Starts dbt as a child of this process.
    ///
    /// # Errors
    /// When the operating system cannot start it.
    pub(super) fn start(
        command: &DbtCommand,
        pipes: &OutputPipes,
        watchdog: &Watchdog,
        group: &ProcessGroup,
    ) -> Result<Self> {
        let (child, text) = spawn(command, pipes, watchdog)?;
        let id = Pid::from_child(&child);
        group.begin(id);
        let process = Process::Child(child);
        Ok(Self { id, process, text })
    }

    /// Waits until a dbt that was asked for runs.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) fn forked(
        (mut forked, text): (ForkedDbt, LaunchText),
        group: &ProcessGroup,
    ) -> Result<Self> {
        let id = forked.started()?;
        group.begin(id);
        Ok(Self {
            id,
            process: Process::Forked(forked),
            text: Some(text),
        })
    }

    /// Waits until dbt has ended.
    pub(super) fn wait(self, group: &ProcessGroup) -> DbtExit {
        if let Some(text) = self.text {
            text.send();
        }
        match self.process {
            Process::Child(mut child) => {
                wait_without_reaping(self.id);
                let at = Timestamp::now();
                group.forget_id();
                let status = child.wait().ok();
                DbtExit { status, at }
            }
            Process::Forked(mut forked) => {
                let status = forked.ended();
                let at = Timestamp::now();
                if status.is_none() {
                    // It may still run, and nobody would know when it ends.
                    group.kill();
                }
                group.forget_id();
                DbtExit { status, at }
            }
        }
    }
}

/// Waits for the end of a process and leaves it a zombie, so that no signal can reach a process that reuses its id.
fn wait_without_reaping(id: Pid) {
    let exited = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(waitid(WaitId::Pid(id), exited), Err(Errno::INTR)) {}
}
