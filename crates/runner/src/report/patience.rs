//! Waiting an outage out, as long as the run goes on and a little longer.

use std::future::Future;
use std::time::Duration;

use prefect_client::{Client, Error};
use tokio::time::{Instant, sleep, timeout_at};

use super::feed::Feed;
use super::notice::Notice;

/// The first pause of an outage; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause of an outage.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often a pause looks whether the run has ended.
const GLANCE: Duration = Duration::from_millis(50);

/// A request that did not succeed, whatever was tried.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsent {
    /// The server refuses what was sent, or it could not even be sent; no repetition mends that.
    #[error(transparent)]
    Refused(prefect_client::Error),
    /// The run has ended, and the grace after it.
    #[error("given up after the end of the run: {0}")]
    GaveUp(String),
}

/// Repeats requests that an outage has hit, and says so once.
pub(super) struct Patience<'a> {
    client: Client,
    grace: Duration,
    on_notice: &'a mut (dyn FnMut(Notice) + Send),
    /// When the run was seen to have ended.
    ended: Option<Instant>,
    /// Whether the API has ever done what it was asked.
    served: bool,
    away: Option<Instant>,
    /// How long an outage is waited out while the run goes on; without end when not given.
    longest_outage: Option<Duration>,
    said_away: bool,
    said_left_out: bool,
}

impl<'a> Patience<'a> {
    /// Patience that lasts for `grace` after the end of the run.
    pub(super) fn new(
        client: Client,
        grace: Duration,
        on_notice: &'a mut (dyn FnMut(Notice) + Send),
    ) -> Self {
        Self {
            client,
            grace,
            on_notice,
            ended: None,
            served: false,
            away: None,
            longest_outage: None,
            said_away: false,
            said_left_out: false,
        }
    }

    /// Gives up after outages of so long, whether the run goes on or not.
    pub(super) fn limit_outages(&mut self, longest: Duration) {
        self.longest_outage = Some(longest);
    }

    pub(super) fn notify(&mut self, notice: Notice) {
        (self.on_notice)(notice);
    }

    /// Says what was left out, the first time.
    pub(super) fn left_out(&mut self, problem: String) {
        tracing::warn!(problem, "left out of the report");
        if !self.said_left_out {
            self.said_left_out = true;
            self.notify(Notice::LeftOut { problem });
        }
    }

    /// Makes `call` succeed, whatever it takes, until the grace after the run's end is over. What the server refuses
    /// for its content is returned at once. While requests succeed, their number is not limited.
    pub(super) async fn insist<F: Feed, T, Fut>(
        &mut self,
        journal: &F,
        mut call: impl FnMut() -> Fut,
    ) -> Result<T, Unsent>
    where
        Fut: Future<Output = Result<T, Error>>,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            let ended_before = self.has_ended(journal);
            let error = match self.attempt(journal, call()).await? {
                Ok(answer) => {
                    self.note_back();
                    return Ok(answer);
                }
                Err(error) if is_about_content(&error) => return Err(Unsent::Refused(error)),
                Err(error) => error,
            };
            self.note_away(&error);
            // What never served gets one more try after the run's end; a server that did, is busy, or has answered before
            // it went away, the whole grace.
            let may_serve = match error.status() {
                Some(_) => error.is_temporary(),
                None => self.client.has_reached_server(),
            };
            let hopeless = ended_before && !self.served && !may_serve;
            if hopeless || self.is_over() {
                return Err(Unsent::GaveUp(error.to_string()));
            }
            if self
                .pause(journal, pause.max(error.retry_after().unwrap_or_default()))
                .await
            {
                pause = FIRST_PAUSE;
            } else {
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// One call. When the run has ended, no call may last longer than the grace.
    async fn attempt<F: Feed, T>(
        &mut self,
        journal: &F,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<Result<T, Error>, Unsent> {
        tokio::pin!(call);
        let begun = Instant::now();
        loop {
            if let Ok(answer) = timeout_at(Instant::now() + GLANCE, &mut call).await {
                return Ok(answer);
            }
            if self.has_ended(journal) && self.is_over() && begun.elapsed() >= self.grace {
                return Err(Unsent::GaveUp("the server does not answer".to_owned()));
            }
        }
    }

    /// Waits; true when the run's end cut it short.
    async fn pause<F: Feed>(&mut self, journal: &F, pause: Duration) -> bool {
        let running = self.ended.is_none();
        let until = Instant::now() + pause;
        while Instant::now() < until {
            sleep(GLANCE).await;
            if self.has_ended(journal) && (running || self.is_over()) {
                return true;
            }
        }
        false
    }

    pub(super) fn has_ended<F: Feed>(&mut self, journal: &F) -> bool {
        if self.ended.is_none() && journal.is_closed() {
            self.ended = Some(Instant::now());
        }
        self.ended.is_some()
    }

    /// How much of the grace is left; `None` while the run goes on.
    pub(super) fn remaining<F: Feed>(&mut self, journal: &F) -> Option<Duration> {
        self.has_ended(journal);
        let ended = self.ended?;
        Some(self.grace.saturating_sub(ended.elapsed()))
    }

    fn is_over(&self) -> bool {
        let outage = self.longest_outage.zip(self.away);
        outage.is_some_and(|(longest, since)| since.elapsed() >= longest)
            || self
                .ended
                .is_some_and(|ended| ended.elapsed() >= self.grace)
    }

    fn note_away(&mut self, error: &Error) {
        tracing::debug!(%error, "the API is away");
        self.away.get_or_insert_with(Instant::now);
        if !self.said_away {
            self.said_away = true;
            let api = self.client.api_url().to_string();
            self.notify(Notice::Away {
                problem: explain(&api, error),
            });
        }
    }

    /// Whether the API was ever away.
    pub(super) fn had_trouble(&self) -> bool {
        self.said_away
    }

    /// The API does what it is asked.
    pub(super) fn note_back(&mut self) {
        self.served = true;
        if self.away.take().is_some() {
            self.notify(Notice::Back);
        }
    }
}

/// Whether the server refuses what was sent, not that it was sent.
fn is_about_content(error: &Error) -> bool {
    matches!(error.status(), Some(400 | 409 | 413 | 422))
        || matches!(error, Error::InvalidRequest { .. })
}

/// An outage in one sentence that says what to do.
fn explain(api: &str, error: &Error) -> String {
    let advice = match error.status() {
        Some(401 | 403) => "check PREFECT_API_KEY or PREFECT_API_AUTH_STRING",
        Some(404) => "check PREFECT_API_URL, which ends in /api on a server of your own",
        _ => "check PREFECT_API_URL and that the server runs",
    };
    format!("the Prefect API at {api} cannot be used: {error}; {advice}")
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;
    use crate::report::tests::support::{Journal, client};

    /// What comes of a call after a run that ended a minute ago.
    async fn late<Fut>(grace: Duration, call: impl FnMut() -> Fut) -> Result<(), Unsent>
    where
        Fut: Future<Output = Result<(), Error>>,
    {
        let client = client("http://127.0.0.1:1/api");
        let mut on_notice = |_| {};
        let mut patience = Patience::new(client, grace, &mut on_notice);
        patience.served = true;
        patience.ended = Instant::now().checked_sub(Duration::from_secs(60));
        patience.insist(&Journal::complete(Vec::new()), call).await
    }

    fn refusal(status: u16) -> Error {
        Error::Status {
            method: "POST",
            url: "http://127.0.0.1:1/api/logs/".to_owned(),
            status,
            detail: "no".to_owned(),
            retry_after: None,
        }
    }

    #[tokio::test]
    async fn a_server_that_was_busy_at_first_is_waited_for() {
        let client = client("http://127.0.0.1:1/api");
        let mut on_notice = |_| {};
        let grace = Duration::from_secs(60);
        let mut patience = Patience::new(client, grace, &mut on_notice);
        let mut calls = 0;
        let answer = patience
            .insist(&Journal::complete(Vec::new()), || {
                calls += 1;
                ready(if calls < 3 { Err(refusal(503)) } else { Ok(()) })
            })
            .await;
        assert!(answer.is_ok(), "{answer:?}");
    }

    #[tokio::test]
    async fn a_late_call_may_take_its_time() {
        let slow = || async {
            sleep(GLANCE * 2).await;
            Ok(())
        };
        assert!(late(Duration::from_secs(60), slow).await.is_ok());
    }

    #[tokio::test]
    async fn a_late_call_is_not_waited_for_without_end() {
        let result = late(GLANCE, pending).await;
        assert!(matches!(result, Err(Unsent::GaveUp(_))), "{result:?}");
    }

    #[tokio::test]
    async fn a_late_failure_is_final_and_tells_content_from_outage() {
        let grace = Duration::from_secs(1);
        let outage = late(grace, || ready(Err(refusal(503)))).await;
        assert!(matches!(outage, Err(Unsent::GaveUp(_))), "{outage:?}");
        let content = late(grace, || ready(Err(refusal(422)))).await;
        assert!(matches!(content, Err(Unsent::Refused(_))), "{content:?}");
    }
}
