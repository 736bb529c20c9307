//! The end of a run whose future is dropped while dbt runs, as it happens when the async runtime is shut down: dbt is stopped,
//! and the journal gets an end, which the next run delivers.

use std::sync::PoisonError;
use std::thread;

use jiff::Timestamp;

use super::record::SharedRecorder;
use super::stop_dbt::Graces;
use crate::dbt::ProcessGroup;
use crate::model::{Effect, RunEnd, StopCause};
use crate::track::ProcessEnd;

/// Ends the run if it is dropped before the recorder is taken.
pub(super) struct AbandonOnDrop {
    pub(super) group: ProcessGroup,
    pub(super) recorder: SharedRecorder,
}

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        let mut shared = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut recorder) = shared.take() else {
            return;
        };
        stop_without_runtime(self.group.clone());
        let (cause, at) = (StopCause::Dropped, Timestamp::now());
        recorder.on_stop(cause);
        let end = ProcessEnd {
            exit_code: None,
            signal: None,
            at,
        };
        let (_, mut closing) = recorder.close(end);
        closing.write([Effect::RunFinished(RunEnd {
            state: cause.state(),
            dbt_exit: None,
            at,
        })]);
    }
}

/// Stops dbt in the usual steps, the first of which may be done: dbt aborts at two interrupts in a row. If the process ends before the last one, the watchdog takes over.
fn stop_without_runtime(group: ProcessGroup) {
    if !group.was_signalled() {
        group.interrupt();
    }
    let graces = Graces::of(StopCause::Dropped);
    let further_steps = move || {
        thread::sleep(graces.first);
        group.interrupt();
        thread::sleep(graces.second);
        group.kill();
    };
    let thread = thread::Builder::new().name("stop-dbt".to_owned());
    if let Err(error) = thread.spawn(further_steps) {
        tracing::debug!(%error, "dbt gets one interrupt only");
    }
}
