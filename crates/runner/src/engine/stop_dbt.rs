//! Stopping dbt in steps: SIGINT, SIGINT again, SIGKILL.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use crate::dbt::ProcessGroup;
use crate::model::{StopCause, Stopper};

/// How long dbt has for each step of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Graces {
    /// To cancel its queries, before the second SIGINT.
    pub(super) first: Duration,
    /// Between the second SIGINT and SIGKILL.
    pub(super) second: Duration,
}

impl Graces {
    /// The graces of a stop for this cause. Both together are below the 30 seconds that supervisors give. What sends SIGTERM may
    /// give less: a container is killed after 10 seconds, in which its report must arrive, too.
    pub(super) const fn of(cause: StopCause) -> Self {
        let (first, second) = match cause {
            StopCause::Terminate => (3, 3),
            _ => (12, 8),
        };
        Self {
            first: Duration::from_secs(first),
            second: Duration::from_secs(second),
        }
    }
}

/// Waits for a request to stop, for the deadline, or until the lock is lost that the run must not go on without, then stops dbt. Each further request brings the next step at once.
/// Never returns: the end of dbt ends the wait.
pub(super) async fn stop_when_asked(
    stopper: &Stopper,
    deadline: Option<Instant>,
    lock_lost: impl Future<Output = ()>,
    group: ProcessGroup,
    mut on_stop: impl FnMut(StopCause),
) -> Infallible {
    let cause = tokio::select! {
        cause = stopper.stopped() => cause,
        () = until(deadline) => StopCause::Timeout,
        () = lock_lost => StopCause::LockLost,
    };
    on_stop(cause);
    let graces = Graces::of(cause);
    group.interrupt();
    grace_or_request(stopper, 1, graces.first).await;
    group.interrupt();
    grace_or_request(stopper, 2, graces.second).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminated_run_leaves_time_for_its_report_before_a_container_is_killed() {
        let total = |cause| {
            let graces = Graces::of(cause);
            (graces.first + graces.second).as_secs()
        };
        assert_eq!(total(StopCause::Terminate), 6);
        for cause in [StopCause::Interrupt, StopCause::Cancel, StopCause::Timeout] {
            assert_eq!(total(cause), 20);
        }
    }
}
