//! dbt's process: started in a group of its own, signalled as a group, and never outliving us.

use std::ffi::OsString;
use std::io::Write;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, getpid, getppid, kill_process_group,
    test_kill_process_group, waitid,
};
use tokio::sync::oneshot;

use super::error::DbtError;
use super::watchdog::Watchdog;

/// How long what dbt left behind in its group may go on after an interrupt, before it is killed.
const LEFTOVER_GRACE: Duration = Duration::from_secs(2);
const GLANCE: Duration = Duration::from_millis(50);

/// What to start.
pub(crate) struct DbtCommand {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    /// Changes to the inherited environment; `None` removes.
    pub(crate) environment: Vec<(OsString, Option<OsString>)>,
}

/// A running dbt.
pub(crate) struct DbtProcess {
    pub(crate) stdout: ChildStdout,
    pub(crate) stderr: ChildStderr,
    pub(crate) group: Group,
    /// Comes when dbt has ended.
    pub(crate) ended: oneshot::Receiver<Ended>,
}

/// How dbt ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub(crate) status: Option<ExitStatus>,
    pub(crate) at: Timestamp,
}

impl Ended {
    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    pub(crate) fn signal(&self) -> Option<i32> {
        self.status.and_then(|status| status.signal())
    }
}

/// The process group of a dbt. It can be signalled as long as dbt has not been reaped: its id is its own until then.
#[derive(Debug, Clone)]
pub(crate) struct Group(Arc<Mutex<GroupState>>);

#[derive(Debug)]
struct GroupState {
    id: Option<Pid>,
    stopping: bool,
}

impl Group {
    /// Asks dbt to stop: it cancels its queries. dbt would die of SIGTERM without doing so.
    pub(crate) fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Ends dbt at once.
    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.stopping = true;
        if let Some(id) = state.id
            && let Err(error) = kill_process_group(id, signal)
        {
            tracing::debug!(%error, "dbt's group cannot be signalled");
        }
    }

    /// Takes the id away before dbt is reaped; gives whether dbt was asked to stop.
    fn retire(&self) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.id = None;
        state.stopping
    }
}

impl DbtProcess {
    /// Starts dbt from a thread of its own, which lives until dbt has ended: where the kernel is to signal dbt when its
    /// parent dies, that is about the parent *thread*.
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
            .spawn(move || keep(command, &started))
            .map_err(failed)?;
        start
            .recv()
            .unwrap_or_else(|_| Err(std::io::Error::other("the thread ended")))
            .map_err(failed)
    }
}

/// Starts dbt, says so, and stays until dbt has ended.
fn keep(command: DbtCommand, started: &mpsc::SyncSender<std::io::Result<DbtProcess>>) {
    let (ended, when_ended) = oneshot::channel();
    let mut watchdog = Watchdog::start();
    let mut child = match spawn(command, &watchdog) {
        Ok(child) => child,
        Err(error) => {
            watchdog.dismiss();
            return drop(started.send(Err(error)));
        }
    };
    let id = Pid::from_child(&child);
    let group = Group(Arc::new(Mutex::new(GroupState {
        id: Some(id),
        stopping: false,
    })));
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return drop(started.send(Err(std::io::Error::other("dbt has no pipes"))));
    };
    let process = DbtProcess {
        stdout,
        stderr,
        group: group.clone(),
        ended: when_ended,
    };
    drop(started.send(Ok(process)));

    // Looked at without reaping, so that nobody signals an id that is somebody else's by now.
    let exited = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(
        waitid(WaitId::Pid(id), exited),
        Err(rustix::io::Errno::INTR)
    ) {}
    let at = Timestamp::now();
    let stopping = group.retire();
    let status = child.wait().ok();
    // Nobody may be waiting any more.
    let _ = ended.send(Ended { status, at });
    if stopping {
        end_leftovers(id);
    }
    watchdog.dismiss();
}

/// Waits for what a wrapper script has started, and kills what does not end. A group that has members keeps its id.
fn end_leftovers(group: Pid) {
    let mut waited = Duration::ZERO;
    while test_kill_process_group(group).is_ok() {
        if waited >= LEFTOVER_GRACE {
            // It may have ended in the meantime.
            let _ = kill_process_group(group, Signal::KILL);
            return;
        }
        std::thread::sleep(GLANCE);
        waited += GLANCE;
    }
}

fn spawn(wanted: DbtCommand, watchdog: &Watchdog) -> std::io::Result<Child> {
    let mut command = Command::new(wanted.program);
    command
        .args(wanted.args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    for (name, value) in wanted.environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    prepare_child(&mut command, watchdog);
    command.spawn()
}

/// Signals that end dbt by default, each in its way, and that we may have been started with ignored.
const DEFAULT_SIGNALS: [libc::c_int; 5] = [
    libc::SIGINT,
    libc::SIGTERM,
    libc::SIGQUIT,
    libc::SIGHUP,
    libc::SIGPIPE,
];

/// Default signals for the child, and a watchdog over it.
#[expect(
    unsafe_code,
    reason = "code between fork and exec is unsafe to the language; see the comment on the block"
)]
fn prepare_child(command: &mut Command, watchdog: &Watchdog) {
    let parent = getpid();
    let ear = watchdog.ear().map(|ear| ear.as_raw_fd());
    // SAFETY: the closure runs between fork and exec. It only makes system calls that POSIX or Linux allow there
    // (sigaction, getpid, write, prctl, getppid): it allocates nothing and takes no lock. The descriptor is open: the
    // watchdog that owns it outlives the call of `spawn`.
    unsafe {
        command.pre_exec(move || {
            // A watchdog that is gone must not take the child with it.
            libc::signal(libc::SIGPIPE, libc::SIG_IGN);
            // The child itself says who it is: there is no moment at which we could die and leave it unknown.
            let watched = ear.is_some_and(|ear| announce(BorrowedFd::borrow_raw(ear)).is_ok());
            if !watched {
                die_with(parent)?;
            }
            for signal in DEFAULT_SIGNALS {
                if libc::signal(signal, libc::SIG_DFL) == libc::SIG_ERR {
                    return Err(std::io::Error::last_os_error());
                }
            }
            Ok(())
        });
    }
}

/// Tells a watchdog that this process leads the group to watch over.
fn announce(ear: BorrowedFd<'_>) -> std::io::Result<()> {
    let mut line = [0; 16];
    let mut rest = &mut line[..];
    writeln!(rest, "{}", getpid().as_raw_nonzero())?;
    let length = 16 - rest.len();
    rustix::io::write(ear, &line[..length])?;
    Ok(())
}

/// Makes the kernel interrupt this process when its parent dies: where there is no watchdog to do it better.
fn die_with(parent: Pid) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::INT))?;
    // Had the parent died before that call, nobody would ever signal this process.
    if getppid() != Some(parent) {
        return Err(std::io::Error::from_raw_os_error(libc::ECANCELED));
    }
    Ok(())
}
