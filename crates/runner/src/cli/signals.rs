//! SIGINT and SIGTERM stop the run.

use std::io;

use crate::model::{StopCause, Stopper};
use tokio::signal::unix::{SignalKind, signal};

/// Stops the run at SIGINT and SIGTERM, even if this process was started with the signals ignored.
///
/// # Errors
/// When the operating system refuses a signal handler.
pub(super) fn forward(stopper: Stopper) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => stopper.stop(StopCause::Interrupt),
                _ = terminate.recv() => stopper.stop(StopCause::Terminate),
            }
        }
    });
    Ok(())
}
