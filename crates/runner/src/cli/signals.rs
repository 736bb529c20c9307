//! From signals to requests to stop.

use std::io;

use crate::model::{StopCause, Stopper};
use tokio::signal::unix::{SignalKind, signal};

/// Makes every SIGINT and SIGTERM from now on ask the run to stop, also where they were ignored at our start.
///
/// # Errors
/// When the system refuses a handler.
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
