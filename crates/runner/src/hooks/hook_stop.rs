//! Ends the hooks of a run that waits no longer: no other hook is called, and a shell command that runs is killed.

use std::io::Write;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// Ends the hooks of one run. Clones end the same hooks.
#[derive(Debug, Clone, Default)]
pub(super) struct HookStop(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    is_requested: bool,
    /// The process group of the shell command that runs.
    running: Option<Pid>,
}

impl HookStop {
    /// Ends the hooks.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.is_requested = true;
        if let Some(group) = state.running {
            kill(group);
        }
    }

    /// Whether hooks are to end.
    pub(super) fn is_requested(&self) -> bool {
        self.lock().is_requested
    }

    /// Runs a command that leads a process group, with `input` as its standard input, until it ends or is killed.
    pub(super) fn run(&self, command: &mut Command, input: &[u8]) -> std::io::Result<ExitStatus> {
        let mut child = command.spawn()?;
        let group = Pid::from_child(&child);
        {
            let mut state = self.lock();
            state.running = Some(group);
            if state.is_requested {
                kill(group);
            }
        }
        if let Some(mut stdin) = child.stdin.take() {
            // A command need not read its standard input.
            let _ = stdin.write_all(input);
        }
        // The group can be killed until the command is reaped: its id is not reused before.
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(
            waitid(WaitId::Pid(group), ended),
            Err(rustix::io::Errno::INTR)
        ) {}
        self.lock().running = None;
        child.wait()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kill(group: Pid) {
    if let Err(error) = kill_process_group(group, Signal::KILL) {
        tracing::debug!(%error, "cannot kill a hook");
    }
}
