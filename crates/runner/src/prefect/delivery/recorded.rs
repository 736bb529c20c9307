//! What the server has recorded of the events that it accepted, and what it has lost.
//!
//! The server accepts an event before it records it, and drops events silently when its queue is full.

use std::collections::HashSet;
use std::time::Duration;

use prefect_client::{Client, Error, EventFilter, StateType, TaskRunFilter};
use tokio::time::Instant;
use uuid::Uuid;

use super::sent_events::SentAsset;

/// Most task runs in one page of an answer.
const PAGE: usize = 200;
/// Most ids of one question about events.
pub(super) const EVENT_PAGE: usize = 50;
/// Servers write events every five seconds. An event that is not there after this time is lost.
const WRITTEN: Duration = Duration::from_secs(7);

/// How many of these task runs have a terminal state on the server.
pub(super) async fn count_ended(client: &Client, ids: &[Uuid]) -> Result<usize, Error> {
    let mut filter = TaskRunFilter::default();
    filter.ids = ids.to_vec();
    filter.state_types = StateType::TERMINAL.to_vec();
    let count = client.count_task_runs(&filter).await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Which of these task runs have no terminal state on the server.
pub(super) async fn find_missing(client: &Client, ids: &[Uuid]) -> Result<HashSet<Uuid>, Error> {
    let mut missing: HashSet<Uuid> = ids.iter().copied().collect();
    for page in ids.chunks(PAGE) {
        let mut filter = TaskRunFilter::default();
        filter.ids = page.to_vec();
        filter.state_types = StateType::TERMINAL.to_vec();
        for found in client.filter_task_runs(&filter).await? {
            missing.remove(&found.id);
        }
    }
    Ok(missing)
}

/// Those of the missing task runs that the server has lost. It records them in about the order of sending, so one that a later
/// one overtook is lost. Those at the end may still wait in its queue, behind events of other clients.
pub(super) fn overtaken(sent: &[Uuid], missing: &HashSet<Uuid>) -> HashSet<Uuid> {
    let last_seen = sent.iter().rposition(|id| !missing.contains(id));
    sent[..last_seen.unwrap_or(0)]
        .iter()
        .filter(|id| missing.contains(*id))
        .copied()
        .collect()
}

/// Which of these events the server has written.
pub(super) async fn find_events(
    client: &Client,
    sent: &[SentAsset],
) -> Result<HashSet<Uuid>, Error> {
    let mut filter = EventFilter::default();
    filter.ids = sent.iter().map(|event| event.id).collect();
    let found = client.filter_events(&filter).await?;
    Ok(found.into_iter().map(|event| event.id).collect())
}

/// The events that are sent again: those that were overtaken (the server writes events in the order of sending), those that
/// had enough time, and, if there was an outage or a loss, all that were not found. They keep their ids, so that the server
/// ignores one that it has after all.
pub(super) fn lost_events(
    sent: &[SentAsset],
    found: &HashSet<Uuid>,
    had_trouble: bool,
    now: Instant,
) -> HashSet<Uuid> {
    let last_found = sent.iter().rposition(|event| found.contains(&event.id));
    let lost = |(index, event): &(usize, &SentAsset)| {
        let is_overtaken = last_found.is_some_and(|last| *index < last);
        !found.contains(&event.id)
            && (had_trouble || is_overtaken || now.duration_since(event.at) >= WRITTEN)
    };
    let lost = sent.iter().enumerate().filter(lost);
    lost.map(|(_, event)| event.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_overtaken_task_runs_are_lost() {
        let ids: Vec<_> = (0..6).map(Uuid::from_u128).collect();
        let set = |indices: &[usize]| indices.iter().map(|&index| ids[index]).collect();
        let lost = |missing: &[usize]| overtaken(&ids, &set(missing));
        assert_eq!(lost(&[1, 3, 5]), set(&[1, 3]));
        assert_eq!(lost(&[4, 5]), set(&[]));
        assert_eq!(lost(&[0, 1, 2, 3, 4, 5]), set(&[]));
        assert_eq!(lost(&[]), set(&[]));
    }

    #[test]
    fn an_event_is_lost_when_its_time_is_over() {
        let now = Instant::now();
        let sent: Vec<_> = (0..4)
            .map(|index| SentAsset {
                id: Uuid::from_u128(index),
                at: now + WRITTEN * u32::try_from(index).expect("small"),
            })
            .collect();
        let set = |indices: &[usize]| indices.iter().map(|&index| sent[index].id).collect();
        let lost = |found: &[usize], had_trouble, after: u32| {
            lost_events(&sent, &set(found), had_trouble, now + WRITTEN * after)
        };
        assert_eq!(lost(&[], false, 0), set(&[]));
        assert_eq!(lost(&[], false, 2), set(&[0, 1]));
        assert_eq!(lost(&[2], false, 0), set(&[0, 1]));
        assert_eq!(lost(&[2], true, 0), set(&[0, 1, 3]));
        assert_eq!(lost(&[0, 1, 2, 3], true, 9), set(&[]));
    }
}
