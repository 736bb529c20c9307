//! Detects hooks that do not return.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::sync::watch;

/// What the hook thread is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HookState {
    /// It calls a hook, or waits for work.
    Working,
    /// This hook has been running for too long.
    Stuck(String),
    /// It has ended.
    Ended,
}

/// Reports when a hook starts and returns. Dropping the timer reports the end of the hook thread.
#[derive(Debug)]
pub(super) struct HookTimer(Sender<Option<String>>);

impl HookTimer {
    pub(super) fn hook_starts(&self, hook: &str) {
        // If the watching thread has ended, no stuck hook is reported.
        let _ = self.0.send(Some(hook.to_owned()));
    }

    pub(super) fn hook_returned(&self) {
        let _ = self.0.send(None);
    }
}

/// Starts a thread that warns once of each hook that runs longer than `warn_after`.
pub(super) fn watch_for_stuck_hooks(
    warn_after: Duration,
    warn: Arc<dyn Fn(&str) + Send + Sync>,
) -> std::io::Result<(HookTimer, watch::Receiver<HookState>)> {
    let (reports, queue) = channel();
    let (state, watched) = watch::channel(HookState::Working);
    std::thread::Builder::new()
        .name("dbt-hooks-watch".to_owned())
        .spawn(move || {
            watch(&queue, warn_after, &*warn, &state);
            state.send_replace(HookState::Ended);
        })?;
    Ok((HookTimer(reports), watched))
}

fn watch(
    reports: &Receiver<Option<String>>,
    warn_after: Duration,
    warn: &dyn Fn(&str),
    state: &watch::Sender<HookState>,
) {
    while let Ok(report) = reports.recv() {
        let Some(hook) = report else { continue };
        match reports.recv_timeout(warn_after) {
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => {
                warn(&format!(
                    "{hook} is still running after {} s; the hooks after it wait",
                    warn_after.as_secs_f64()
                ));
                state.send_replace(HookState::Stuck(hook));
                if reports.recv().is_err() {
                    return;
                }
                state.send_replace(HookState::Working);
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
