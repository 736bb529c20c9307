//! Stage 3, record: read what dbt writes until its process has ended, and stop it when asked.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dbt_events::RawLine;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::abandon::AbandonOnDrop;
use super::prepare::Prepared;
use super::recorder::Recorder;
use super::run::Attempt;
use super::schedule_thread::{Purpose, record_schedule};
use super::session::Session;
use super::start::Started;
use super::stop_dbt::{Stoppable, stop_when_asked};
use super::target_lock::TargetLock;
use crate::dbt::{DbtExit, DbtProcess, MemoryKills, pump};
use crate::model::{StopCause, Stopper};
use crate::outcome::Error;
use crate::request::LockLost;
use crate::track::ProcessEnd;

/// The longest time that dbt's pipes are read after its end: a process that it started may hold them open.
const DRAIN: Duration = Duration::from_secs(2);
/// The longest time between a signal that ended dbt and the same signal to this process.
const SIGNAL_DELAY: Duration = Duration::from_millis(500);

/// An attempt whose dbt has ended.
pub(super) struct Recorded {
    pub(super) session: Session,
    pub(super) prepared: Prepared,
    pub(super) lock: Option<TargetLock>,
    pub(super) recorder: Recorder,
    pub(super) end: ProcessEnd,
    /// Why dbt was stopped, if it was.
    pub(super) stopped: Option<StopCause>,
}

impl Started {
    /// Records what dbt writes until it has ended.
    pub(super) async fn record(self, attempt: Attempt<'_>) -> Result<Recorded, Error> {
        let Self {
            session,
            prepared,
            lock,
            recorder,
            process,
        } = self;
        let purpose = Purpose {
            ledger: recorder.has_ledger,
            // `dbt parse` ran first, because dbt 2 writes neither a manifest nor totals before its nodes.
            total: attempt.request.attempt.invocation_id.is_some(),
            record: recorder.open_record.is_some(),
        };
        let followed = follow(process, recorder, &prepared, (attempt, purpose)).await?;
        let (recorder, end, stopped) = followed;
        let stopped = explained(stopped, &end, &session).await;
        Ok(Recorded {
            session,
            prepared,
            lock,
            recorder,
            end,
            stopped,
        })
    }
}

/// A recorder that several threads feed, until it is taken away.
pub(super) type SharedRecorder = Arc<Mutex<Option<Recorder>>>;

/// Why dbt was stopped, as its supervisor explains it.
pub(super) async fn explained(
    stopped: Option<StopCause>,
    end: &ProcessEnd,
    session: &Session,
) -> Option<StopCause> {
    match stopped {
        // A request that came after dbt's success has stopped nothing.
        Some(cause) if end.exit_code != Some(0) => Some(session.supervision.explain(cause).await),
        stopped => stopped,
    }
}

/// Feeds the recorder until dbt's process has ended.
pub(super) async fn follow(
    process: DbtProcess,
    recorder: Recorder,
    prepared: &Prepared,
    (attempt, purpose): (Attempt<'_>, Purpose),
) -> Result<(Recorder, ProcessEnd, Option<StopCause>), Error> {
    let stopper = attempt.stopper;
    let cancelled = recorder.cancelled.subscribe();
    let shared: SharedRecorder = Arc::new(Mutex::new(Some(recorder)));
    let schedule = record_schedule(purpose, attempt.request, prepared, &shared);
    with(&shared, |recorder| recorder.schedule = schedule);
    let _guard = AbandonOnDrop {
        group: process.group.clone(),
        recorder: Arc::clone(&shared),
    };
    let stdout = listen("dbt-stdout", process.stdout, &shared, Recorder::on_stdout);
    let stderr = listen("dbt-stderr", process.stderr, &shared, Recorder::on_stderr);
    let events = process.events;
    let events = events.map(|pipe| listen("dbt-events", pipe, &shared, Recorder::on_launcher));

    let kills = MemoryKills::read();
    let dbt = (process.exit, (process.group, cancelled));
    let (ended, mut stopped) = wait_for_end(dbt, prepared, &shared, attempt).await;
    if stopped.is_none() && died_of_shared_signal(&ended) {
        stopped = wait_for_own_signal(stopper, &shared).await;
    }
    if kills.explain(MemoryKills::read(), &ended) {
        with(&shared, |recorder| recorder.tracker.out_of_memory());
    }
    let drained = async {
        if let Some(events) = events {
            let _ = events.await;
        }
        (stdout.await, stderr.await)
    };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::debug!("a process that dbt started still holds dbt's pipes open");
    }
    let end = ProcessEnd {
        exit_code: ended.exit_code(),
        signal: ended.signal(),
        at: ended.at,
    };
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let recorder = shared.take().ok_or(Error::Lost)?;
    let stopped = stopped.map(|first| after_cancellation(first, stopper));
    Ok((recorder, end, stopped))
}

/// Waits until dbt has ended, and stops it when asked: its end, and why it was stopped.
async fn wait_for_end(
    (exit, dbt): (oneshot::Receiver<DbtExit>, Stoppable),
    prepared: &Prepared,
    recorder: &SharedRecorder,
    attempt: Attempt<'_>,
) -> (DbtExit, Option<StopCause>) {
    let mut stopped = None;
    let lock_lost = lock_lost(prepared, attempt.request.lock.lost);
    let stopping = stop_when_asked(attempt.stopper, attempt.deadline, lock_lost, dbt, |cause| {
        stopped = Some(cause);
        with(recorder, |recorder| recorder.on_stop(cause));
    });
    let ended = tokio::select! {
        ended = exit => ended,
        never = stopping => match never {},
    };
    let ended = ended.unwrap_or(DbtExit {
        status: None,
        at: Timestamp::now(),
    });
    (ended, stopped)
}

/// Waits until the run must not go on, because it has lost its database lock.
async fn lock_lost(prepared: &Prepared, then: LockLost) {
    match &prepared.database_lock {
        Some(lock) if then == LockLost::Stop => lock.lost().await,
        _ => std::future::pending().await,
    }
}

/// Waits for the signal to this process that has also ended dbt, and explains dbt's end by it.
async fn wait_for_own_signal(stopper: &Stopper, recorder: &SharedRecorder) -> Option<StopCause> {
    let signal = tokio::time::timeout(SIGNAL_DELAY, stopper.stopped()).await;
    let cause = signal.ok()?;
    with(recorder, |recorder| {
        recorder.tracker.interrupted(cause.reason())
    });
    Some(cause)
}

/// The cause of a stop: a cancellation may have explained the SIGTERM in the meantime.
fn after_cancellation(first: StopCause, stopper: &Stopper) -> StopCause {
    match stopper.cause() {
        Some(StopCause::Cancel) if first == StopCause::Terminate => StopCause::Cancel,
        _ => first,
    }
}

/// Whether dbt ended by a signal that a service manager, a container or a terminal sends to every process. dbt can be gone
/// before our own signal arrives, which then explains its end.
fn died_of_shared_signal(exit: &DbtExit) -> bool {
    let shared = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM];
    let by_shell = |signal: &i32| exit.exit_code() == Some(128 + signal);
    shared
        .iter()
        .any(|signal| exit.signal() == Some(*signal) || by_shell(signal))
}

/// Feeds the lines of a pipe to the recorder on a thread of its own. The receiver resolves at the end of the pipe.
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
        tracing::error!(%error, "cannot start the thread that reads dbt's output");
    }
    when_done
}

pub(super) fn with(recorder: &SharedRecorder, act: impl FnOnce(&mut Recorder)) {
    let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(recorder) = recorder.as_mut() {
        act(recorder);
    }
}
