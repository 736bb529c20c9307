//! The process group of dbt: signals reach dbt and everything that it started.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// How long processes that dbt started may run after an interrupt and the end of dbt, before they are killed.
const SURVIVOR_GRACE: Duration = Duration::from_secs(2);
/// The time between two checks whether the group has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The process group of a dbt. It can be signalled until dbt is reaped: the kernel may reuse its id afterwards.
#[derive(Debug, Clone)]
pub(crate) struct ProcessGroup(Arc<Mutex<GroupState>>);

#[derive(Debug)]
struct GroupState {
    stage: Stage,
    /// The last signal that was asked for.
    signal: Option<Signal>,
}

#[derive(Debug)]
enum Stage {
    /// dbt does not run yet. A signal closes this connection, on which its start is awaited.
    Starting(Option<UnixStream>),
    Running(Pid),
    Ended,
}

impl ProcessGroup {
    /// The group of a dbt whose start is awaited on this connection; `None` if it cannot be signalled before it runs.
    pub(super) fn starting(awaited: Option<UnixStream>) -> Self {
        Self(Arc::new(Mutex::new(GroupState {
            stage: Stage::Starting(awaited),
            signal: None,
        })))
    }

    /// Takes note that dbt runs: the process with this id leads the group. It gets the signal that came before it.
    pub(super) fn begin(&self, id: Pid) {
        let mut state = self.lock();
        state.stage = Stage::Running(id);
        if let Some(signal) = state.signal {
            state.send(signal);
        }
    }

    /// Asks dbt to stop with SIGINT: it cancels its queries, which it does not do on SIGTERM.
    pub(crate) fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Whether dbt was asked to stop.
    pub(crate) fn was_signalled(&self) -> bool {
        self.lock().signal.is_some()
    }

    /// Kills dbt with SIGKILL.
    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        let mut state = self.lock();
        state.signal = Some(signal);
        state.send(signal);
    }

    /// Forgets the id, before dbt is reaped. Returns whether the group was signalled.
    pub(super) fn forget_id(&self) -> bool {
        let mut state = self.lock();
        state.stage = Stage::Ended;
        state.signal.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, GroupState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GroupState {
    fn send(&self, signal: Signal) {
        let sent = match &self.stage {
            Stage::Running(id) => kill_process_group(*id, signal).map_err(Into::into),
            Stage::Starting(Some(awaited)) => awaited.shutdown(Shutdown::Both),
            Stage::Starting(None) | Stage::Ended => Ok(()),
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "cannot signal dbt's process group");
        }
    }
}

/// Waits until the processes that a dbt wrapper script started have ended, and kills those that do not. dbt is reaped
/// already, but a group that has members keeps its id.
pub(super) fn wait_for_survivors(group: Pid) {
    let mut waited = Duration::ZERO;
    while test_kill_process_group(group).is_ok() {
        if waited >= SURVIVOR_GRACE {
            // The group may have ended in the meantime.
            let _ = kill_process_group(group, Signal::KILL);
            return;
        }
        std::thread::sleep(POLL_INTERVAL);
        waited += POLL_INTERVAL;
    }
}
