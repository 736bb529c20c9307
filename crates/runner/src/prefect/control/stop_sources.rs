//! What stops a run from within its program: stoppers, and signals if the program wants that.

use tokio::task::AbortHandle;

use super::signals::forward_signals;
use crate::model::{StopRequests, Stopper};

/// What stops a run from within its program.
#[derive(Debug, Clone, Default)]
pub(crate) struct StopSources {
    /// Each of them stops the run.
    pub(crate) stoppers: Vec<Stopper>,
    /// Whether signals stop it.
    pub(crate) signals: bool,
}

impl StopSources {
    /// Passes every request to stop on to the stopper of a run, until the returned value is dropped.
    pub(crate) fn forward(&self, run: &Stopper) -> Forwarding {
        let mut tasks = Vec::new();
        for stopper in self.stoppers.clone() {
            let (run, mut passed) = (run.clone(), StopRequests::default());
            // At once, for a run that is stopped before it begins.
            stopper.pass_on(&run, &mut passed);
            let task = tokio::spawn(async move {
                let mut requests = stopper.subscribe();
                loop {
                    stopper.pass_on(&run, &mut passed);
                    // Never an error: `stopper` keeps the sender.
                    let _ = requests.changed().await;
                }
            });
            tasks.push(task.abort_handle());
        }
        if self.signals {
            match forward_signals(run.clone()) {
                Ok(task) => tasks.push(task),
                Err(error) => tracing::warn!(%error, "signals do not stop the run"),
            }
        }
        Forwarding(tasks)
    }
}

/// Passes requests on until it is dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the forwarding"]
pub(crate) struct Forwarding(Vec<AbortHandle>);

impl Drop for Forwarding {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}
