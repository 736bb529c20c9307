//! How long the end of a run waits for a reader that is slow, or that does not read at all.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};

use super::printer::Printer;
use crate::model::Stopper;

/// How long the printer is waited for once the run is to stop.
const PATIENCE: Duration = Duration::from_secs(2);

/// Waits until `printed` says that everything is printed. After a request to stop it waits two seconds at most; after
/// the deadline, only as long as something is printed every two seconds.
pub(super) async fn wait_for_printer(
    mut printed: oneshot::Receiver<()>,
    printer: &Printer,
    stopper: &Stopper,
    deadline: Option<Instant>,
) {
    let is_late = async {
        match deadline {
            Some(deadline) => sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = &mut printed => return,
        _ = stopper.stopped() => {}
        () = is_late => {}
    }
    loop {
        let before = printer.printed();
        let is_printed = timeout(PATIENCE, &mut printed).await.is_ok();
        if is_printed || stopper.cause().is_some() || printer.printed() == before {
            return;
        }
    }
}
