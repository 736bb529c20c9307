//! dbt's process: started from a thread of its own, and observed until it has ended.

use std::io::PipeReader;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::mpsc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::dbt_command::DbtCommand;
use super::error::DbtError;
use super::forked::ForkedDbt;
use super::output_pipes::OutputPipes;
use super::process_group::{ProcessGroup, wait_for_survivors};
use super::running::Running;
use super::watchdog::Watchdog;

/// A running dbt.
pub(crate) struct DbtProcess {
    /// Where dbt writes its output, and without the launcher its structured log.
    pub(crate) stdout: PipeReader,
    /// Where the launcher writes dbt's structured log.
    pub(crate) events: Option<PipeReader>,
    /// Where Python and the drivers of databases write.
    pub(crate) stderr: PipeReader,
    /// Stops dbt.
    pub(crate) group: ProcessGroup,
    /// Resolves when dbt has ended.
    pub(crate) exit: oneshot::Receiver<DbtExit>,
    /// Whether it runs in a fork of an interpreter that waits. If that fails, the launcher starts it anew.
    pub(crate) is_forked: bool,
}

/// Takes a dbt that is starting, or why it cannot.
type Started = mpsc::SyncSender<std::io::Result<DbtProcess>>;

/// How and when dbt ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DbtExit {
    /// `None` when the operating system does not say.
    pub(crate) status: Option<ExitStatus>,
    /// When dbt ended.
    pub(crate) at: Timestamp,
}

impl DbtExit {
    /// The end of a dbt that was stopped before its process existed.
    fn before_start() -> Self {
        Self {
            status: Some(ExitStatus::from_raw(libc::SIGINT)),
            at: Timestamp::now(),
        }
    }

    /// The exit code; `None` when a signal ended dbt.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    /// The number of the signal that ended dbt, if one did.
    pub(crate) fn signal(&self) -> Option<i32> {
        self.status.and_then(|status| status.signal())
    }
}

impl DbtProcess {
    /// Starts dbt from a thread that lives until dbt has ended: the kernel's signal on the death of the parent is about
    /// the parent *thread*.
    ///
    /// # Errors
    /// [`DbtError::Start`].
    pub(crate) fn start(command: DbtCommand) -> Result<Self, DbtError> {
        let (started, start) = mpsc::sync_channel(1);
        let program = command.program.clone();
        let failed = |source| DbtError::Start {
            dbt: program.clone(),
            source,
        };
        std::thread::Builder::new()
            .name("dbt".to_owned())
            .spawn(move || start_and_wait(command, &started))
            .map_err(failed)?;
        start
            .recv()
            .unwrap_or_else(|_| Err(std::io::Error::other("the thread that starts dbt ended")))
            .map_err(failed)
    }
}

/// Starts dbt, sends the process or the error to `started`, and returns when dbt has ended.
fn start_and_wait(mut command: DbtCommand, started: &Started) {
    let mut watchdog = Watchdog::start(std::mem::take(&mut command.aftercare));
    if let Err(error) = run(&command, &watchdog, started) {
        drop(started.send(Err(error)));
    }
    watchdog.dismiss();
}

/// The same under a watchdog.
fn run(command: &DbtCommand, watchdog: &Watchdog, started: &Started) -> std::io::Result<()> {
    let (output, pipes) = OutputPipes::open()?;
    let (ended, exit) = oneshot::channel();
    let asked = ForkedDbt::ask(command, &pipes, watchdog);
    let awaited = asked.as_ref().and_then(|(forked, _)| forked.awaited());
    let group = ProcessGroup::starting(awaited);
    let process = DbtProcess {
        stdout: output.stdout,
        events: command.launch.as_ref().map(|_| output.events),
        stderr: output.stderr,
        group: group.clone(),
        exit,
        is_forked: asked.is_some(),
    };
    let start = || Running::start(command, &pipes, watchdog, &group);
    let running = match asked {
        None => {
            let running = start()?;
            drop(started.send(Ok(process)));
            running
        }
        // The interpreter may still import dbt.
        Some(asked) => {
            drop(started.send(Ok(process)));
            match Running::forked(asked, &group) {
                Ok(running) => {
                    command.interpreter.release();
                    running
                }
                Err(_) if group.was_signalled() => {
                    let _ = ended.send(DbtExit::before_start());
                    return Ok(());
                }
                Err(_) => {
                    command.interpreter.refuse();
                    start()?
                }
            }
        }
    };
    drop(pipes);
    let id = running.id;
    // The receiver may be gone.
    let _ = ended.send(running.wait(&group));
    if group.was_signalled() {
        wait_for_survivors(id);
    }
    Ok(())
}
