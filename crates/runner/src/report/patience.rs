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

/// Repeats requests that an outage has hit, and says so once.
pub(super) struct Patience<'a> {
    client: Client,
    grace: Duration,
    on_notice: &'a mut (dyn FnMut(Notice) + Send),
    /// When the run was seen to have ended.
    ended: Option<Instant>,
    /// Whether the API has ever done what it was asked.
    served: bool,
    away: bool,
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
            away: false,
            said_away: false,
            said_left_out: false,
        }
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
    /// for its content is returned at once: no repetition mends that.
    pub(super) async fn insist<F: Feed, T, Fut>(
        &mut self,
        journal: &F,
        mut call: impl FnMut() -> Fut,
    ) -> Result<T, Error>
    where
        Fut: Future<Output = Result<T, Error>>,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            let ended_before = self.has_ended(journal);
            let error = match self.attempt(journal, call()).await {
                Ok(answer) => {
                    self.note_back();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if is_about_content(&error) {
                return Err(error);
            }
            self.note_away(&error);
            // A server that never served gets one more try after the run's end; one that did, the whole grace.
            let hopeless = ended_before && !self.served;
            if hopeless || self.is_over() {
                return Err(error);
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

    /// One call, cut off when the grace is over.
    async fn attempt<F: Feed, T>(
        &mut self,
        journal: &F,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::pin!(call);
        loop {
            if let Ok(answer) = timeout_at(Instant::now() + GLANCE, &mut call).await {
                return answer;
            }
            if self.has_ended(journal) && self.is_over() {
                return Err(Error::InvalidRequest {
                    problem: "the server took too long after the end of the run".to_owned(),
                });
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

    fn is_over(&self) -> bool {
        self.ended
            .is_some_and(|ended| ended.elapsed() >= self.grace)
    }

    fn note_away(&mut self, error: &Error) {
        tracing::debug!(%error, "the API is away");
        self.away = true;
        if !self.said_away {
            self.said_away = true;
            let api = self.client.api_url().to_string();
            self.notify(Notice::Away {
                problem: explain(&api, error),
            });
        }
    }

    /// The API does what it is asked.
    pub(super) fn note_back(&mut self) {
        self.served = true;
        if std::mem::take(&mut self.away) {
            self.notify(Notice::Back);
        }
    }
}

/// Whether the server refuses what was sent, not that it was sent.
pub(super) fn is_about_content(error: &Error) -> bool {
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
