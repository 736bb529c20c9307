//! How long the end of a run waits for a reader that is slow, or that does not read at all.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};

use crate::model::Stopper;

/// How long is waited for something to be shown once the run is to stop.
const PATIENCE: Duration = Duration::from_secs(2);

/// Waits until everything is shown. After a request to stop it waits two seconds at most; after the deadline, only as long as
/// something is shown every two seconds: `count` is the number of things that are.
pub(crate) async fn wait_until_shown(
    mut shown: oneshot::Receiver<()>,
    count: impl Fn() -> u64,
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
        _ = &mut shown => return,
        _ = stopper.stopped() => {}
        () = is_late => {}
    }
    loop {
        let before = count();
        let is_shown = timeout(PATIENCE, &mut shown).await.is_ok();
        if is_shown || stopper.cause().is_some() || count() == before {
            return;
        }
    }
}
