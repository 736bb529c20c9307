//! The process group of dbt: signals reach dbt and everything that it started.

use std::sync::{Arc, Mutex, PoisonError};
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
    /// `None` when dbt has ended.
    id: Option<Pid>,
    was_signalled: bool,
}

impl ProcessGroup {
    /// The group that the process with this id leads.
    pub(super) fn led_by(id: Pid) -> Self {
        Self(Arc::new(Mutex::new(GroupState {
            id: Some(id),
            was_signalled: false,
        })))
    }

    /// Asks dbt to stop with SIGINT: it cancels its queries, which it does not do on SIGTERM.
    pub(crate) fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Whether dbt was asked to stop.
    pub(crate) fn was_signalled(&self) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.was_signalled
    }

    /// Kills dbt with SIGKILL.
    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.was_signalled = true;
        if let Some(id) = state.id
            && let Err(error) = kill_process_group(id, signal)
        {
            tracing::debug!(%error, "cannot signal dbt's process group");
        }
    }

    /// Forgets the id, before dbt is reaped. Returns whether the group was signalled.
    pub(super) fn forget_id(&self) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.id = None;
        state.was_signalled
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
