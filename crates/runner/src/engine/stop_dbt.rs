//! Stopping dbt, step by step.

use std::convert::Infallible;
use std::time::Duration;

use crate::dbt::ProcessGroup;
use crate::model::{StopCause, Stopper};

/// How long dbt may take to cancel its queries, before it is asked once more.
const FIRST_GRACE: Duration = Duration::from_secs(12);
/// How long it may take then, before it is killed. Together less than the half minute that supervisors give us.
const SECOND_GRACE: Duration = Duration::from_secs(8);

/// Waits for somebody to ask, or for the time to be over, then stops dbt: SIGINT, SIGINT again, SIGKILL. Each time that
/// somebody loses patience, the next step comes at once. Never returns: the end of dbt ends it.
pub(super) async fn stop_when_asked(
    stopper: &Stopper,
    timeout: Option<Duration>,
    group: ProcessGroup,
    mut on_stop: impl FnMut(StopCause),
) -> Infallible {
    let cause = tokio::select! {
        cause = stopper.stopped() => cause,
        () = after(timeout) => StopCause::Timeout,
    };
    on_stop(cause);
    group.interrupt();
    wait(stopper, 1, FIRST_GRACE).await;
    group.interrupt();
    wait(stopper, 2, SECOND_GRACE).await;
    group.kill();
    std::future::pending().await
}

async fn after(timeout: Option<Duration>) {
    match timeout {
        Some(timeout) => tokio::time::sleep(timeout).await,
        None => std::future::pending().await,
    }
}

/// Waits until the grace is over or somebody has lost patience so often.
async fn wait(stopper: &Stopper, urgency: u32, grace: Duration) {
    let mut asked = stopper.subscribe();
    let impatient = asked.wait_for(|asked| asked.urgency >= urgency);
    // Either way it is time.
    let _ = tokio::time::timeout(grace, impatient).await;
}
