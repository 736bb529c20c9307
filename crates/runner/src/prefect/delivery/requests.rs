//! The requests that send events and logs: no entry is lost or stored twice.

use std::collections::HashSet;

use jiff::Timestamp;
use prefect_client::{Client, Error, Event, Log, LogFilter, ValidEvent};
use tokio::sync::Mutex;

use super::outage::{Outages, SendError};
use crate::model::error_chain;
use crate::store::Feed;

/// Sends events. Those that Prefect does not accept are left out with a notice: a batch that is refused for its content is
/// halved until the refused event is found.
pub(super) async fn send_events<F: Feed>(
    client: &Client,
    outages: &mut Outages<'_>,
    journal: &F,
    events: &[Event],
) -> Result<(), SendError> {
    let mut valid = Vec::with_capacity(events.len());
    for event in events {
        match event.validate() {
            Ok(event) => valid.push(event),
            Err(error) => outages.report_left_out(error_chain(&error)),
        }
    }
    let mut slices = requests(&valid);
    while let Some(slice) = slices.pop() {
        if slice.is_empty() {
            continue;
        }
        match outages
            .wait_out(journal, || client.create_events(slice))
            .await
        {
            Err(SendError::Refused(error)) => halve(slice, &mut slices, outages, &error),
            other => other?,
        }
    }
    Ok(())
}

/// Splits events into requests of limited size, the last one first.
fn requests(events: &[ValidEvent]) -> Vec<&[ValidEvent]> {
    /// A fifth of what Prefect Cloud accepts.
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

/// Sends logs. They have no id, so the server would store a repeated request twice.
///
/// After a failure that leaves open whether the server has stored the request (no response, an error of a gateway), the logs
/// that it has of the same period are read first, and only those that are missing are sent again. No two logs of a run have
/// the same time, so time and text identify a log. A 503 of the server itself is a transaction that was rolled back, and is
/// repeated at once.
pub(super) async fn send_logs<F: Feed>(
    client: &Client,
    outages: &mut Outages<'_>,
    journal: &F,
    logs: &[Log],
) -> Result<(), SendError> {
    let mut slices: Vec<&[Log]> = vec![logs];
    while let Some(slice) = slices.pop() {
        if slice.is_empty() {
            continue;
        }
        let attempts = Mutex::new(LogAttempts {
            missing: slice.to_vec(),
            in_doubt: false,
        });
        let sent = outages
            .wait_out(journal, async || {
                attempts.lock().await.attempt(client).await
            })
            .await;
        match sent {
            Err(SendError::Refused(error)) => halve(slice, &mut slices, outages, &error),
            other => other?,
        }
    }
    Ok(())
}

fn halve<'a, T>(
    slice: &'a [T],
    slices: &mut Vec<&'a [T]>,
    outages: &mut Outages<'_>,
    error: &Error,
) {
    if slice.len() == 1 {
        outages.report_left_out(error_chain(error));
        return;
    }
    let (first, second) = slice.split_at(slice.len() / 2);
    slices.extend([second, first]);
}

/// A batch of logs and its attempts.
struct LogAttempts {
    missing: Vec<Log>,
    /// Whether the server may have stored the last attempt although it failed.
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

/// The logs of the flow run that the server has in the period of `logs`.
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
