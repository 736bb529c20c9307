//! Signals stop the run.

use std::io;

use crate::model::{StopCause, Stopper};
use tokio::signal::unix::{SignalKind, signal};

/// Stops the run at SIGINT and SIGTERM, even if this process was started with the signals ignored. SIGQUIT, SIGXCPU
/// (`ulimit -t`) and the SIGHUP of a terminal that closes count as SIGTERM. A process that was started with `nohup` outlives
/// its terminal.
///
/// # Errors
/// When the operating system refuses a signal handler.
pub(super) fn forward(stopper: Stopper) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut cpu_limit = signal(SignalKind::from_raw(libc::SIGXCPU))?;
    let mut hangup = match is_ignored(libc::SIGHUP) {
        true => None,
        false => Some(signal(SignalKind::hangup())?),
    };
    tokio::spawn(async move {
        loop {
            let hung_up = async {
                match &mut hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = interrupt.recv() => stopper.stop(StopCause::Interrupt),
                _ = terminate.recv() => stopper.stop(StopCause::Terminate),
                _ = quit.recv() => stopper.stop(StopCause::Terminate),
                _ = cpu_limit.recv() => stopper.stop(StopCause::Terminate),
                _ = hung_up => stopper.stop(StopCause::Terminate),
            }
        }
    });
    Ok(())
}

/// Makes a write beyond the limit for the size of files (`ulimit -f`) an error, which a run survives, not a signal.
#[expect(unsafe_code, reason = "ignoring a signal is unsafe to the language")]
pub(super) fn survive_the_file_size_limit() {
    // SAFETY: no handler is installed, and this is called before there is another thread.
    if unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) } == libc::SIG_ERR {
        tracing::debug!("cannot ignore SIGXFSZ");
    }
}

/// Whether the process ignores a signal.
#[expect(unsafe_code, reason = "the system call takes pointers")]
pub(super) fn is_ignored(signal: libc::c_int) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: a null pointer changes nothing, and the call fills `action` if it succeeds.
    unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}
