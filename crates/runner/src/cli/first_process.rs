//! The first process of a container (PID 1) has to do what an init process does: the kernel gives it every process whose
//! parent has ended, and only it can reap them. It also gets the signals for the container, and no default action of them.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, wait};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::prefect::control::is_ignored;

/// The signals that are passed on.
const FORWARDED: [Signal; 7] = [
    Signal::HUP,
    Signal::INT,
    Signal::QUIT,
    Signal::TERM,
    Signal::USR1,
    Signal::USR2,
    Signal::WINCH,
];

/// If this process is the first of a container, runs the program in a child process, passes signals on to it, and reaps
/// every process that ends. Returns the exit code of the child. `None` if this process is not the first one, or if the
/// child cannot start: this process does the work then.
pub(super) fn run_in_child() -> Option<ExitCode> {
    if getpid() != Pid::INIT {
        return None;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let code = runtime.and_then(|runtime| runtime.block_on(supervise()));
    code.inspect_err(|error| tracing::debug!(%error, "this process reaps no others"))
        .ok()
        .map(ExitCode::from)
}

async fn supervise() -> io::Result<u8> {
    let (sender, mut signals) = unbounded_channel();
    // Before the child starts: the kernel drops a signal to the first process that has no handler.
    for number in FORWARDED.iter().map(|signal| signal.as_raw()) {
        // As in a run of its own: only an ignored SIGHUP (`nohup`) stays ignored.
        if number != libc::SIGHUP || !is_ignored(number) {
            listen(SignalKind::from_raw(number), number, sender.clone())?;
        }
    }
    listen(SignalKind::child(), Signal::CHILD.as_raw(), sender)?;
    let child = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        // Ctrl-C in a terminal reaches this process alone, which passes it on once.
        .process_group(0)
        .spawn()?;
    let child = Pid::from_child(&child);
    Ok(reap_until_end(child, &mut signals).await)
}

/// Sends the number of a signal whenever it arrives.
fn listen(kind: SignalKind, number: i32, sender: UnboundedSender<i32>) -> io::Result<()> {
    let mut arrived = signal(kind)?;
    tokio::spawn(
        async move { while arrived.recv().await.is_some() && sender.send(number).is_ok() {} },
    );
    Ok(())
}

async fn reap_until_end(child: Pid, signals: &mut UnboundedReceiver<i32>) -> u8 {
    loop {
        while let Ok(Some((ended, status))) = wait(WaitOptions::NOHANG) {
            if ended == child {
                return exit_code(status);
            }
        }
        let Some(number) = signals.recv().await else {
            return exit_code_of_signal(0);
        };
        let forwarded = FORWARDED.iter().find(|signal| signal.as_raw() == number);
        if let Some(signal) = forwarded {
            // The child may have ended in the meantime.
            let _ = kill_process(child, *signal);
        }
    }
}

/// The exit code of the child, as a shell gives it.
fn exit_code(status: WaitStatus) -> u8 {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => u8::try_from(code).unwrap_or(u8::MAX),
        (None, signal) => exit_code_of_signal(signal.unwrap_or_default()),
    }
}

fn exit_code_of_signal(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}
