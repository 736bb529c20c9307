//! Stopping dbt, step by step.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::dbt::Group;
use crate::stop::{Asked, StopCause};

/// How long dbt may take to cancel its queries, before it is asked once more.
const FIRST_GRACE: Duration = Duration::from_secs(12);
/// How long it may take then, before it is killed. Together less than the half minute that supervisors give us.
const SECOND_GRACE: Duration = Duration::from_secs(8);

/// Waits for somebody to ask, or for the time to be over, then stops dbt: SIGINT, SIGINT again, SIGKILL. Each time that
/// somebody asks again, the next step comes at once. Never returns: the end of dbt ends it.
pub(super) async fn stop_when_asked(
    mut asked: watch::Receiver<Asked>,
    timeout: Option<Duration>,
    group: Group,
    mut on_stop: impl FnMut(StopCause),
) -> Infallible {
    let cause = tokio::select! {
        cause = first(&mut asked) => cause,
        () = after(timeout) => StopCause::Timeout,
    };
    on_stop(cause);
    group.interrupt();
    wait(&mut asked, FIRST_GRACE).await;
    group.interrupt();
    wait(&mut asked, SECOND_GRACE).await;
    group.kill();
    std::future::pending().await
}

async fn first(asked: &mut watch::Receiver<Asked>) -> StopCause {
    loop {
        if let Some(cause) = asked.borrow_and_update().cause {
            return cause;
        }
        if asked.changed().await.is_err() {
            // Nobody is left who could ask.
            std::future::pending::<()>().await;
        }
    }
}

async fn after(timeout: Option<Duration>) {
    match timeout {
        Some(timeout) => tokio::time::sleep(timeout).await,
        None => std::future::pending().await,
    }
}

/// Waits until the grace is over or somebody asks again.
async fn wait(asked: &mut watch::Receiver<Asked>, grace: Duration) {
    let until = Instant::now() + grace;
    tokio::select! {
        () = sleep_until(until) => {}
        () = async {
            if asked.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        } => {}
    }
}
