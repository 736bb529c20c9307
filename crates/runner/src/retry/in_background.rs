//! Work that outlives the future that waits for it.

use std::panic::resume_unwind;
use std::pin::Pin;

use crate::model::{StopCause, Stopper};
use crate::outcome::Error;

/// Work without its type, which is that of every stage of a run.
pub(crate) type Work<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// Runs `work` in a task of its own and returns its result. If the future that waits is dropped, the run is stopped, and
/// `work` goes on in the background, as long as the runtime lives, until the run has ended.
///
/// # Errors
/// When the runtime is shut down.
pub(crate) async fn in_background<T: Send + 'static>(
    stopper: &Stopper,
    work: Work<T>,
) -> Result<T, Error> {
    let waiting = StopOnDrop(stopper.clone());
    let result = tokio::spawn(work).await;
    std::mem::forget(waiting);
    match result {
        Ok(result) => result,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) => Err(Error::Lost),
    }
}

/// Stops the run when the future that waits for it is dropped.
struct StopOnDrop(Stopper);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop_for(StopCause::Dropped);
    }
}
