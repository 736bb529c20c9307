//! Stopping dbt in steps: SIGINT, SIGINT again, SIGKILL.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::dbt::ProcessGroup;
use crate::model::{StopCause, Stopper};

/// How long dbt may wait for its threads once it has cancelled their queries: one that it has missed, or cannot cancel, would keep
/// it waiting.
const AFTER_CANCELLING: Duration = Duration::from_secs(2);

/// How long dbt has for each step of a stop, at most.
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

/// A dbt that can be stopped: its process group, and what changes each time that it says that it has cancelled a query, or cannot.
pub(super) type Stoppable = (ProcessGroup, watch::Receiver<()>);

/// Waits for a request to stop, for the deadline, or until the lock is lost that the run must not go on without, then stops dbt.
/// Each further request brings the next step at once. Never returns: the end of dbt ends the wait.
pub(super) async fn stop_when_asked(
    stopper: &Stopper,
    deadline: Option<Instant>,
    lock_lost: impl Future<Output = ()>,
    (group, mut cancelled): Stoppable,
    mut on_stop: impl FnMut(StopCause),
) -> Infallible {
    let cause = tokio::select! {
        cause = stopper.stopped() => cause,
        () = until(deadline) => StopCause::Timeout,
        () = lock_lost => StopCause::LockLost,
    };
    on_stop(cause);
    let graces = Graces::of(cause);
    // dbt also cancels queries when it ends early because a node has failed.
    cancelled.mark_unchanged();
    group.interrupt();
    first_grace(stopper, graces.first, cancelled).await;
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

/// Waits until dbt has cancelled its queries and had time to end, at most for this long, or for a further request. A second
/// interrupt before that keeps dbt from cancelling.
async fn first_grace(stopper: &Stopper, longest: Duration, mut cancelled: watch::Receiver<()>) {
    let had_time = async {
        match cancelled.changed().await {
            Ok(()) => sleep(AFTER_CANCELLING).await,
            // There is no recorder any more.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = grace_or_request(stopper, 1, longest) => {}
        () = had_time => {}
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

    /// How long dbt is left alone after the first interrupt, by a clock that only this test moves on.
    async fn left_alone(act: impl FnOnce(&Stopper, watch::Sender<()>)) -> Duration {
        let (stopper, sender) = (Stopper::new(), watch::Sender::default());
        stopper.stop();
        let cancelled = sender.subscribe();
        act(&stopper, sender);
        let began = Instant::now();
        let longest = Graces::of(StopCause::Program).first;
        first_grace(&stopper, longest, cancelled).await;
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn the_second_interrupt_waits_for_the_cancellation_of_queries_but_not_for_ever() {
        let longest = Graces::of(StopCause::Program).first;
        let silent = left_alone(|_, sender| std::mem::forget(sender)).await;
        assert_eq!(silent, longest);
        let unread = left_alone(|_, sender| drop(sender)).await;
        assert_eq!(unread, longest);
        let cancelled = left_alone(|_, sender| sender.send_replace(())).await;
        assert_eq!(cancelled, AFTER_CANCELLING);
        let asked_again = left_alone(|stopper, _| stopper.stop_for(StopCause::Interrupt)).await;
        assert_eq!(asked_again, Duration::ZERO);
    }
}
