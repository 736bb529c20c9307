//! Outages: requests are repeated while the run goes on, and for a limited time after its end.

use std::future::Future;
use std::time::Duration;

use prefect_client::{Client, Error, ErrorKind};
use tokio::time::{Instant, timeout_at};

use super::grace::Grace;
use crate::model::{Notice, error_chain};
use crate::store::Feed;

/// The first pause of an outage; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause of an outage.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A request that failed for good.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// The server refuses the content, or the request could not be made; a repetition does not help.
    #[error(transparent)]
    Refused(prefect_client::Error),
    /// The run has ended, and so has the time after it.
    #[error("gave up {}: {cause}", time_of_giving_up(*after))]
    GaveUp {
        /// How long after the end.
        after: Duration,
        /// Why the last request failed.
        cause: String,
    },
}

/// Repeats requests that fail in an outage, and reports the outage once.
pub(super) struct Outages<'a> {
    client: Client,
    grace: Grace,
    /// How long an outage is waited out in any case; `None` for no limit while the run goes on.
    longest_outage: Option<Duration>,
    on_notice: &'a mut (dyn FnMut(Notice) + Send),
    /// When the run was seen to have ended.
    run_ended: Option<Instant>,
    /// Whether any request has succeeded.
    has_succeeded: bool,
    /// When the current outage began.
    since: Option<Instant>,
    /// When the last outage ended.
    recovered: Option<Instant>,
    reported: Reported,
}

/// What is reported only once in a run.
#[derive(Debug, Default)]
struct Reported {
    outage: bool,
    left_out: bool,
}

impl<'a> Outages<'a> {
    /// Waits outages out for `grace` after the end of the run.
    pub(super) fn new(
        client: Client,
        grace: Grace,
        on_notice: &'a mut (dyn FnMut(Notice) + Send),
    ) -> Self {
        Self {
            client,
            grace,
            longest_outage: None,
            on_notice,
            run_ended: None,
            has_succeeded: false,
            since: None,
            recovered: None,
            reported: Reported::default(),
        }
    }

    /// Gives up after an outage of this length, even while the run goes on.
    pub(super) fn limit(&mut self, longest: Duration) {
        self.longest_outage = Some(longest);
    }

    pub(super) fn notify(&mut self, notice: Notice) {
        (self.on_notice)(notice);
    }

    /// Reports that something is not sent because the server does not accept it. Only the first time is a notice.
    pub(super) fn report_left_out(&mut self, problem: String) {
        tracing::warn!(problem, "not sent");
        if !self.reported.left_out {
            self.reported.left_out = true;
            self.notify(Notice::Omitted { problem });
        }
    }

    /// Repeats `call` until it succeeds, or until the time after the end of the run is over. A refusal of the content is
    /// returned at once. There is no limit on the number of requests.
    pub(super) async fn wait_out<F: Feed, T, Fut>(
        &mut self,
        journal: &F,
        mut call: impl FnMut() -> Fut,
    ) -> Result<T, SendError>
    where
        Fut: Future<Output = Result<T, Error>>,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            let ended_before = self.has_ended(journal);
            let error = match self.attempt(journal, call()).await? {
                Ok(answer) => {
                    self.note_success();
                    return Ok(answer);
                }
                Err(error) if is_about_content(&error) => return Err(SendError::Refused(error)),
                Err(error) => error,
            };
            self.note_failure(&error);
            if (ended_before && self.is_hopeless(&error)) || self.is_over(&error) {
                return Err(self.gave_up(error_chain(&error)));
            }
            let wanted = pause.max(error.retry_after().unwrap_or_default());
            let was_cut_short = self.pause(journal, Instant::now() + wanted).await;
            pause = if was_cut_short {
                FIRST_PAUSE
            } else {
                (pause * 2).min(LONGEST_PAUSE)
            };
        }
    }

    /// Whether a failure after the end of the run is final. An API that never worked gets one more attempt then, unless the
    /// grace is extended. One that worked, is busy, or has answered before gets the whole grace.
    fn is_hopeless(&self, error: &Error) -> bool {
        let may_recover = match error.status() {
            Some(_) => error.is_temporary(),
            None => self.grace.is_extended() || self.client.has_reached_server(),
        };
        !self.has_succeeded && !may_recover
    }

    /// One call. After the end of the run, no call may last longer than the grace.
    async fn attempt<F: Feed, T>(
        &mut self,
        journal: &F,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<Result<T, Error>, SendError> {
        let begun = Instant::now();
        let time_is_over = async {
            if !self.has_ended(journal) {
                journal.closed().await;
            }
            self.has_ended(journal);
            let since = self.run_ended.map_or(begun, |ended| ended.max(begun));
            self.grace.clone().over(since, None).await;
        };
        tokio::select! {
            biased;
            answer = call => return Ok(answer),
            () = time_is_over => {}
        }
        Err(self.gave_up("the server does not answer".to_owned()))
    }

    /// Waits. Returns true when the end of the run, or later the end of the grace, cut it short.
    pub(super) async fn pause<F: Feed>(&mut self, journal: &F, until: Instant) -> bool {
        let grace = self.grace.clone();
        let (ended, limit) = (self.run_ended, self.outage_limit());
        let cut = async {
            match ended {
                None => journal.closed().await,
                Some(ended) => grace.over(ended, limit).await,
            }
        };
        let was_cut_short = timeout_at(until, cut).await.is_ok();
        self.has_ended(journal);
        was_cut_short
    }

    /// Whether the run has ended.
    pub(super) fn has_ended<F: Feed>(&mut self, journal: &F) -> bool {
        if self.run_ended.is_none() && journal.is_closed() {
            self.run_ended = Some(Instant::now());
        }
        self.run_ended.is_some()
    }

    /// How much of the grace is left; `None` while the run goes on.
    pub(super) fn remaining<F: Feed>(&mut self, journal: &F) -> Option<Duration> {
        self.has_ended(journal);
        let ended = self.run_ended?;
        Some(self.grace.now().saturating_sub(ended.elapsed()))
    }

    /// When the current outage has lasted as long as any outage may.
    fn outage_limit(&self) -> Option<Instant> {
        let (longest, since) = self.longest_outage.zip(self.since)?;
        Some(since + longest)
    }

    /// Whether a failed request is not repeated any more. A failure that is not an outage gets only the short grace.
    fn is_over(&self, error: &Error) -> bool {
        let grace = match error.is_temporary() {
            true => self.grace.now(),
            false => self.grace.short(),
        };
        self.outage_limit()
            .is_some_and(|limit| Instant::now() >= limit)
            || self.run_ended.is_some_and(|ended| ended.elapsed() >= grace)
    }

    fn gave_up(&self, cause: String) -> SendError {
        let after = self.run_ended.map(|ended| ended.elapsed());
        SendError::GaveUp {
            after: after.unwrap_or_default(),
            cause,
        }
    }

    /// When the last outage ended; `None` if there was none.
    pub(super) fn recovered(&self) -> Option<Instant> {
        self.recovered
    }

    fn note_failure(&mut self, error: &Error) {
        tracing::debug!(error = error_chain(error), "a request failed");
        self.since.get_or_insert_with(Instant::now);
        if !self.reported.outage {
            self.reported.outage = true;
            self.notify(Notice::ApiUnreachable {
                problem: explain(error),
            });
        }
    }

    /// Whether there was an outage.
    pub(super) fn had_outage(&self) -> bool {
        self.reported.outage
    }

    /// Takes note that the API works.
    pub(super) fn note_success(&mut self) {
        self.has_succeeded = true;
        if self.since.take().is_some() {
            self.recovered = Some(Instant::now());
            self.notify(Notice::ApiReachable);
        }
    }
}

/// When sending was given up.
fn time_of_giving_up(after: Duration) -> String {
    match after.as_secs() {
        0 => "at the end of the run".to_owned(),
        seconds => format!("{seconds} s after the end of the run"),
    }
}

/// Whether the server refuses the content of a request.
fn is_about_content(error: &Error) -> bool {
    matches!(error.status(), Some(400 | 409 | 413 | 422))
        || matches!(error.kind(), ErrorKind::InvalidRequest { .. })
}

/// The outage in one sentence: what failed, the cause, what to do.
fn explain(error: &Error) -> String {
    let help = error.help().map(|help| format!("; {help}"));
    format!(
        "cannot send to the Prefect API: {}{}",
        error_chain(error),
        help.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests;
