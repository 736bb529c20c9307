//! Stopping a run from outside.

use std::sync::Arc;

use tokio::sync::watch;

/// Why a run is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopCause {
    /// Somebody pressed Ctrl-C (SIGINT).
    Interrupt,
    /// Somebody asked the process to end (SIGTERM).
    Terminate,
    /// Somebody cancelled the flow run.
    Cancel,
    /// The run took longer than it may.
    Timeout,
}

/// How often, and why first, a run was asked to stop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) cause: Option<StopCause>,
    pub(crate) times: u32,
}

/// Asks a run to stop. Clones ask the same run.
#[derive(Debug, Clone)]
pub struct Stopper(Arc<watch::Sender<Asked>>);

impl Default for Stopper {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Asked::default())))
    }
}

impl Stopper {
    /// Asks the run to stop. dbt gets time to cancel its queries; a second call takes that time away.
    pub fn stop(&self, cause: StopCause) {
        self.0.send_modify(|asked| {
            asked.cause.get_or_insert(cause);
            asked.times += 1;
        });
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Asked> {
        self.0.subscribe()
    }
}
