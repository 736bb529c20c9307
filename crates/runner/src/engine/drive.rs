//! Following dbt's process to its end.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dbt_events::RawLine;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::recorder::Recorder;
use super::stopping::stop_when_asked;
use crate::dbt::{DbtProcess, Ended, Group, pump};
use crate::model::{StopCause, Stopper};
use crate::outcome::Error;
use crate::track::ProcessEnd;

/// How long dbt's pipes are read after its end: something that it started may hold them for ever.
const DRAIN: Duration = Duration::from_secs(2);

/// A recorder that several threads feed, until it is taken away.
type SharedRecorder = Arc<Mutex<Option<Recorder>>>;

/// What is left when dbt has ended.
pub(super) struct Driven {
    pub(super) recorder: Recorder,
    pub(super) end: ProcessEnd,
    /// Why we stopped it, if we did.
    pub(super) stopped: Option<StopCause>,
}

/// Records what dbt says, until it has ended.
pub(super) async fn drive(
    process: DbtProcess,
    recorder: Recorder,
    timeout: Option<Duration>,
    stopper: &Stopper,
) -> Result<Driven, Error> {
    let _guard = StopOnDrop(process.group.clone());
    let shared: SharedRecorder = Arc::new(Mutex::new(Some(recorder)));
    let stdout = listen("dbt-stdout", process.stdout, &shared, Recorder::on_stdout);
    let stderr = listen("dbt-stderr", process.stderr, &shared, Recorder::on_stderr);

    let mut stopped = None;
    let stopping = stop_when_asked(stopper, timeout, process.group.clone(), |cause| {
        stopped = Some(cause);
        with(&shared, |recorder| recorder.on_stop(cause));
    });
    let ended = tokio::select! {
        ended = process.ended => ended,
        never = stopping => match never {},
    };
    let ended = ended.unwrap_or(Ended {
        status: None,
        at: Timestamp::now(),
    });
    let drained = async { (stdout.await, stderr.await) };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::debug!("something that dbt started still holds its pipes");
    }
    let end = ProcessEnd {
        exit_code: ended.exit_code(),
        signal: ended.signal(),
        at: ended.at,
    };
    let recorder = shared
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .ok_or(Error::Lost)?;
    // A cancellation may have explained the SIGTERM in the meantime.
    let stopped = stopped.map(|first| match stopper.cause() {
        Some(StopCause::Cancel) if first == StopCause::Terminate => StopCause::Cancel,
        _ => first,
    });
    Ok(Driven {
        recorder,
        end,
        stopped,
    })
}

/// Feeds the lines of a pipe to the recorder, on a thread of its own; gives a signal for the pipe's end.
fn listen(
    name: &str,
    pipe: impl Read + Send + 'static,
    recorder: &SharedRecorder,
    take: fn(&mut Recorder, &RawLine<'_>),
) -> oneshot::Receiver<()> {
    let (done, when_done) = oneshot::channel();
    let recorder = Arc::clone(recorder);
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            pump(pipe, |line| {
                with(&recorder, |recorder| take(recorder, &line))
            });
            let _ = done.send(());
        });
    if let Err(error) = thread {
        tracing::error!(%error, "a pipe of dbt's cannot be read");
    }
    when_done
}

fn with(recorder: &SharedRecorder, act: impl FnOnce(&mut Recorder)) {
    let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(recorder) = recorder.as_mut() {
        act(recorder);
    }
}

/// Stops dbt when the one who waits for it goes away.
struct StopOnDrop(Group);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}
