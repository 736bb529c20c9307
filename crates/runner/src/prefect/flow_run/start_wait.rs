//! The wait of an engine for the Prefect API before dbt starts: a server that is being restarted costs no run.

use std::time::Duration;

use prefect_client::{Error, TransportKind};
use tokio::time::{Instant, sleep};

/// The first pause; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Repeats `call` in an outage, for at most `limit`. `cause` gives the failed request of an error, if there is one.
/// `on_outage` gets the first error.
///
/// # Errors
/// The last error of `call`.
pub(crate) async fn wait_for_api<T, E, Call: Future<Output = Result<T, E>>>(
    limit: Duration,
    mut call: impl FnMut() -> Call,
    cause: impl Fn(&E) -> Option<&Error>,
    on_outage: impl FnOnce(&E),
) -> Result<T, E> {
    let deadline = Instant::now() + limit;
    let mut pause = FIRST_PAUSE;
    let mut on_outage = Some(on_outage);
    loop {
        let error = match call().await {
            Err(error) if cause(&error).is_some_and(is_outage) => error,
            result => return result,
        };
        if Instant::now() + pause >= deadline {
            return Err(error);
        }
        if let Some(report) = on_outage.take() {
            report(&error);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Whether a server that is restarted explains the failure. A wrong certificate or login does not go away.
fn is_outage(error: &Error) -> bool {
    let is_permanent = matches!(
        error.transport_kind(),
        Some(TransportKind::Tls(_) | TransportKind::NotHttp)
    );
    error.is_temporary() && !is_permanent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> Error {
        let kind = prefect_client::ErrorKind::Status {
            method: "GET",
            url: "http://127.0.0.1:1/api/flow_runs/1".to_owned(),
            status,
            detail: String::new(),
            retry_after: None,
        };
        kind.into()
    }

    fn itself(error: &Error) -> Option<&Error> {
        Some(error)
    }

    /// The number of calls and of reports when the first calls fail with this status.
    async fn calls(limit: Duration, failures: u32, code: u16) -> (Result<(), Error>, u32, u32) {
        let (mut calls, mut reports) = (0, 0);
        let call = || {
            calls += 1;
            std::future::ready(match calls > failures {
                true => Ok(()),
                false => Err(status(code)),
            })
        };
        let result = wait_for_api(limit, call, itself, |_| reports += 1).await;
        (result, calls, reports)
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_waited_out_and_reported_once() {
        let (result, calls, reports) = calls(Duration::from_secs(300), 40, 503).await;
        assert!(result.is_ok());
        assert_eq!((calls, reports), (41, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_has_a_limit() {
        let began = Instant::now();
        let (result, ..) = calls(Duration::from_secs(300), u32::MAX, 502).await;
        assert!(result.is_err());
        let waited = began.elapsed().as_secs();
        assert!((290..=300).contains(&waited), "{waited}");
        assert_eq!(calls_of_no_wait().await, 1);
    }

    async fn calls_of_no_wait() -> u32 {
        calls(Duration::ZERO, u32::MAX, 502).await.1
    }

    #[tokio::test]
    async fn what_a_repetition_does_not_change_is_no_outage() {
        let (result, calls, reports) = calls(Duration::from_secs(300), 9, 401).await;
        assert!(result.is_err());
        assert_eq!((calls, reports), (1, 0));
    }
}
