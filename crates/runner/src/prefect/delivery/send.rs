//! Sending batches so that nothing is lost and nothing doubled.

use std::collections::HashSet;

use jiff::Timestamp;
use prefect_client::{Client, Error, Event, Log, LogFilter, ValidEvent};
use tokio::sync::Mutex;

use super::outage::{Patience, Unsent};
use crate::store::Feed;

/// Sends events. Those that Prefect cannot take are left out with a notice: a batch that is refused for its content is
/// halved until the culprit stands alone.
pub(super) async fn send_events<F: Feed>(
    client: &Client,
    patience: &mut Patience<'_>,
    journal: &F,
    events: &[Event],
) -> Result<(), Unsent> {
    let mut valid = Vec::with_capacity(events.len());
    for event in events {
        match event.validate() {
            Ok(event) => valid.push(event),
            Err(error) => patience.left_out(error.to_string()),
        }
    }
    let mut slices = requests(&valid);
    while let Some(slice) = slices.pop() {
        if slice.is_empty() {
            continue;
        }
        match patience
            .insist(journal, || client.create_events(slice))
            .await
        {
            Err(Unsent::Refused(error)) => halve(slice, &mut slices, patience, &error),
            other => other?,
        }
    }
    Ok(())
}

/// Cuts events into requests of a fair size, the last one first.
fn requests(events: &[ValidEvent]) -> Vec<&[ValidEvent]> {
    /// Prefect Cloud takes five times as much.
    const MOST_BYTES: usize = 1_000_000;
    let mut bytes = 0;
    let mut requests: Vec<_> = events
        .chunk_by(|_, next| {
            bytes += next.json().len();
            let fits = bytes < MOST_BYTES;
            bytes = if fits { bytes } else { 0 };
            fits
        })
        .collect();
    requests.reverse();
    requests
}

/// Sends logs, which have no identity that would make repeating them harmless.
///
/// The rule: after a failure that leaves open whether the server has stored the request (no answer, a gateway's error),
/// the stored logs of the batch's span of time are read first, and only what is missing is sent again. Since no two
/// logs of a run have the same time, a time and a text tell a log. A 503 of the server itself is a rolled-back
/// transaction and repeated at once.
pub(super) async fn send_logs<F: Feed>(
    client: &Client,
    patience: &mut Patience<'_>,
    journal: &F,
    logs: &[Log],
) -> Result<(), Unsent> {
    let mut slices: Vec<&[Log]> = vec![logs];
    while let Some(slice) = slices.pop() {
        if slice.is_empty() {
            continue;
        }
        let attempts = Mutex::new(LogAttempts {
            missing: slice.to_vec(),
            in_doubt: false,
        });
        let sent = patience
            .insist(journal, async || {
                attempts.lock().await.attempt(client).await
            })
            .await;
        match sent {
            Err(Unsent::Refused(error)) => halve(slice, &mut slices, patience, &error),
            other => other?,
        }
    }
    Ok(())
}

fn halve<'a, T>(
    slice: &'a [T],
    slices: &mut Vec<&'a [T]>,
    patience: &mut Patience<'_>,
    error: &Error,
) {
    if slice.len() == 1 {
        patience.left_out(error.to_string());
        return;
    }
    let (first, second) = slice.split_at(slice.len() / 2);
    slices.extend([second, first]);
}

/// A batch of logs over its attempts.
struct LogAttempts {
    missing: Vec<Log>,
    /// Whether the last attempt may have been stored after all.
    in_doubt: bool,
}

impl LogAttempts {
    async fn attempt(&mut self, client: &Client) -> Result<(), Error> {
        if self.in_doubt {
            let stored = stored_among(client, &self.missing).await?;
            self.missing
                .retain(|log| !stored.contains(&(log.timestamp, log.message.clone())));
            self.in_doubt = false;
        }
        if self.missing.is_empty() {
            return Ok(());
        }
        let sent = client.create_logs(&self.missing).await;
        self.in_doubt = sent.as_ref().is_err_and(Error::may_have_acted);
        sent
    }
}

/// The stored logs of the flow run in the span of time of `logs`.
async fn stored_among(
    client: &Client,
    logs: &[Log],
) -> Result<HashSet<(Timestamp, String)>, Error> {
    const PAGE: u32 = 200;
    let mut filter = LogFilter::default();
    filter.flow_run_ids = logs
        .first()
        .and_then(|log| log.flow_run_id)
        .into_iter()
        .collect();
    filter.not_before = logs.iter().map(|log| log.timestamp).min();
    filter.not_after = logs.iter().map(|log| log.timestamp).max();
    filter.limit = Some(PAGE);
    let mut stored = HashSet::new();
    loop {
        let page = client.filter_logs(&filter).await?;
        let is_last = page.len() < PAGE as usize;
        stored.extend(page.into_iter().map(|log| (log.timestamp, log.message)));
        if is_last {
            return Ok(stored);
        }
        filter.offset += PAGE;
    }
}
