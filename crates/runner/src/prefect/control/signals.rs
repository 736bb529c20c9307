//! Signals stop the run.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::AbortHandle;

use crate::model::{StopCause, Stopper};

/// Stops the run at SIGINT and SIGTERM, even if this process was started with the signals ignored. SIGQUIT, SIGXCPU
/// (`ulimit -t`) and the SIGHUP of a terminal that closes count as SIGTERM. A process that was started with `nohup` outlives
/// its terminal. Aborting the task ends that, but the signals do not end the process any more.
///
/// # Errors
/// When the operating system refuses a signal handler.
pub(crate) fn forward_signals(stopper: Stopper) -> io::Result<AbortHandle> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut cpu_limit = signal(SignalKind::from_raw(libc::SIGXCPU))?;
    let mut hangup = match is_ignored(libc::SIGHUP) {
        true => None,
        false => Some(signal(SignalKind::hangup())?),
    };
    let forwarding = tokio::spawn(async move {
        loop {
            let hung_up = async {
                match &mut hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = interrupt.recv() => stopper.stop_for(StopCause::Interrupt),
                _ = terminate.recv() => stopper.stop_for(StopCause::Terminate),
                _ = quit.recv() => stopper.stop_for(StopCause::Terminate),
                _ = cpu_limit.recv() => stopper.stop_for(StopCause::Terminate),
                _ = hung_up => stopper.stop_for(StopCause::Terminate),
            }
        }
    });
    Ok(forwarding.abort_handle())
}

/// Whether the process ignores a signal.
#[expect(unsafe_code, reason = "the system call takes pointers")]
pub(crate) fn is_ignored(signal: libc::c_int) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: a null pointer changes nothing, and the call fills `action` if it succeeds.
    unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}
