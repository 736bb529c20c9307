//! Stopping dbt in steps: SIGINT, SIGINT again, SIGKILL.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use crate::dbt::ProcessGroup;
use crate::model::{StopCause, Stopper};

/// The time that dbt has to cancel its queries before the second SIGINT.
pub(super) const FIRST_GRACE: Duration = Duration::from_secs(12);
/// The time between the second SIGINT and SIGKILL. Both together are below the 30 seconds that supervisors give.
pub(super) const SECOND_GRACE: Duration = Duration::from_secs(8);

/// Waits for a request to stop or for the deadline, then stops dbt. Each further request brings the next step at once.
/// Never returns: the end of dbt ends the wait.
pub(super) async fn stop_when_asked(
    stopper: &Stopper,
    deadline: Option<Instant>,
    group: ProcessGroup,
    mut on_stop: impl FnMut(StopCause),
) -> Infallible {
    let cause = tokio::select! {
        cause = stopper.stopped() => cause,
        () = until(deadline) => StopCause::Timeout,
    };
    on_stop(cause);
    group.interrupt();
    grace_or_request(stopper, 1, FIRST_GRACE).await;
    group.interrupt();
    grace_or_request(stopper, 2, SECOND_GRACE).await;
    group.kill();
    std::future::pending().await
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Waits for the end of the grace period, or for this many further requests.
async fn grace_or_request(stopper: &Stopper, urgency: u32, grace: Duration) {
    let mut asked = stopper.subscribe();
    let urgent = asked.wait_for(|asked| asked.urgency >= urgency);
    // Both outcomes mean the next step.
    let _ = tokio::time::timeout(grace, urgent).await;
}
