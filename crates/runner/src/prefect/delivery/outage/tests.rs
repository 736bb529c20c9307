use std::future::{pending, ready};

use super::*;
use crate::model::{StopCause, Stopper};
use crate::prefect::delivery::tests::support::{Journal, client};

const SHORT: Duration = Duration::from_millis(50);

fn grace(time: Duration) -> Grace {
    Grace::new(time, time, None)
}

/// The result of a call after a run that ended a minute ago.
async fn late<Fut>(seconds: Duration, call: impl FnMut() -> Fut) -> Result<(), SendError>
where
    Fut: Future<Output = Result<(), Error>>,
{
    let client = client("http://127.0.0.1:1/api");
    let mut on_notice = |_| {};
    let mut outages = Outages::new(client, grace(seconds), &mut on_notice);
    outages.has_succeeded = true;
    outages.run_ended = Instant::now().checked_sub(Duration::from_secs(60));
    outages.wait_out(&Journal::complete(Vec::new()), call).await
}

fn refusal(status: u16) -> Error {
    let kind = ErrorKind::Status {
        method: "POST",
        url: "http://127.0.0.1:1/api/logs/".to_owned(),
        status,
        detail: "no".to_owned(),
        retry_after: None,
    };
    kind.into()
}

#[tokio::test]
async fn a_server_that_was_busy_at_first_is_waited_for() {
    let client = client("http://127.0.0.1:1/api");
    let mut on_notice = |_| {};
    let grace = grace(Duration::from_secs(60));
    let mut outages = Outages::new(client, grace, &mut on_notice);
    let mut calls = 0;
    let answer = outages
        .wait_out(&Journal::complete(Vec::new()), || {
            calls += 1;
            ready(if calls < 3 { Err(refusal(503)) } else { Ok(()) })
        })
        .await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn a_late_call_may_take_longer_than_the_end_of_the_grace() {
    let slow = || async {
        tokio::time::sleep(SHORT * 2).await;
        Ok(())
    };
    assert!(late(Duration::from_secs(60), slow).await.is_ok());
}

#[tokio::test]
async fn a_late_call_that_hangs_is_given_up() {
    let result = late(SHORT, pending).await;
    assert!(
        matches!(result, Err(SendError::GaveUp { .. })),
        "{result:?}"
    );
}

#[tokio::test]
async fn the_end_of_the_run_cuts_a_pause_short() {
    let client = client("http://127.0.0.1:1/api");
    let mut on_notice = |_| {};
    let mut outages = Outages::new(client, grace(SHORT), &mut on_notice);
    let journal = Journal::default();
    let until = Instant::now() + Duration::from_secs(3_600);
    let (was_cut_short, ()) =
        tokio::join!(outages.pause(&journal, until), async { journal.close() });
    assert!(was_cut_short && outages.has_ended(&journal));
}

#[tokio::test]
async fn a_late_failure_is_final_and_a_refusal_is_no_outage() {
    let grace = Duration::from_secs(1);
    let outage = late(grace, || ready(Err(refusal(503)))).await;
    assert!(
        matches!(outage, Err(SendError::GaveUp { .. })),
        "{outage:?}"
    );
    let content = late(grace, || ready(Err(refusal(422)))).await;
    assert!(matches!(content, Err(SendError::Refused(_))), "{content:?}");
}

/// A run whose end was `ago`, with the whole day for an outage and a second for anything else.
async fn patient(ago: u64, stopper: Option<&Stopper>, error: fn() -> Error) -> SendError {
    let client = client("http://127.0.0.1:1/api");
    let mut on_notice = |_| {};
    let day = Duration::from_secs(24 * 60 * 60);
    let grace = Grace::new(day, Duration::from_secs(1), stopper.cloned());
    let mut outages = Outages::new(client, grace, &mut on_notice);
    outages.run_ended = Instant::now().checked_sub(Duration::from_secs(ago));
    let answer: Result<(), _> = outages
        .wait_out(&Journal::complete(Vec::new()), || ready(Err(error())))
        .await;
    answer.expect_err("it never succeeds")
}

#[tokio::test(start_paused = true)]
async fn an_outage_at_the_end_gets_the_whole_grace() {
    let begun = Instant::now();
    let error = patient(0, None, || refusal(503)).await;
    assert!(matches!(error, SendError::GaveUp { .. }), "{error:?}");
    assert_eq!(begun.elapsed().as_secs(), 24 * 60 * 60);
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_gets_the_short_grace() {
    let begun = Instant::now();
    patient(0, None, || refusal(401)).await;
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_the_wait_for_an_outage() {
    let stopper = Stopper::default();
    stopper.stop_for(StopCause::Timeout);
    let begun = Instant::now();
    let (error, ()) = tokio::join!(patient(10, Some(&stopper), || refusal(503)), async {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        stopper.stop_for(StopCause::Terminate);
    });
    assert!(matches!(error, SendError::GaveUp { .. }), "{error:?}");
    assert_eq!(begun.elapsed().as_secs(), 3_600);
}
