//! Seeing that the server holds what it was told, and mending what it lost.
//!
//! The server answers an event before it has recorded it, and drops events silently when its queue is full.

use std::collections::HashSet;
use std::time::Duration;

use prefect_client::{Client, Error, Event, EventFilter, StateType, TaskRunFilter};
use tokio::time::Instant;
use uuid::Uuid;

use super::confirmation::ToldAsset;
use crate::model::Effect;
use crate::prefect::flow_run::RunContext;
use crate::prefect::translate;
use crate::store::{Entry, Feed};

/// Most ids that one page of task runs answers.
const PAGE: usize = 200;

/// How many of these task runs the server holds in a terminal state.
pub(super) async fn count_ended(client: &Client, ids: &[Uuid]) -> Result<usize, Error> {
    let mut filter = TaskRunFilter::default();
    filter.ids = ids.to_vec();
    filter.state_types = StateType::TERMINAL.to_vec();
    let count = client.count_task_runs(&filter).await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Which of these task runs the server does not hold in a terminal state.
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

/// Those of the missing that the server lost: it records in the order of telling, more or less, so what was overtaken
/// will not come. What is missing at the end may only be waiting, behind the events of somebody else.
pub(super) fn overtaken(told: &[Uuid], missing: &HashSet<Uuid>) -> HashSet<Uuid> {
    let last_seen = told.iter().rposition(|id| !missing.contains(id));
    told[..last_seen.unwrap_or(0)]
        .iter()
        .filter(|id| missing.contains(*id))
        .copied()
        .collect()
}

/// Most ids of one question about events.
pub(super) const EVENT_PAGE: usize = 50;
/// Servers write events every five seconds; one that is not there after this time will not come.
const WRITTEN: Duration = Duration::from_secs(7);

/// Which of these events the server has written.
pub(super) async fn find_events(
    client: &Client,
    told: &[ToldAsset],
) -> Result<HashSet<Uuid>, Error> {
    let mut filter = EventFilter::default();
    filter.ids = told.iter().map(|event| event.id).collect();
    let found = client.filter_events(&filter).await?;
    Ok(found.into_iter().map(|event| event.id).collect())
}

/// Those of the events that are to be told once more: what was overtaken (they are written in the order of telling),
/// what had its time, and, if the run had trouble, everything that was not found. They keep their ids, by which the
/// server knows one that it has after all.
pub(super) fn unheard(
    told: &[ToldAsset],
    found: &HashSet<Uuid>,
    had_trouble: bool,
    now: Instant,
) -> HashSet<Uuid> {
    let last_found = told.iter().rposition(|event| found.contains(&event.id));
    let lost = |(index, event): &(usize, &ToldAsset)| {
        let is_overtaken = last_found.is_some_and(|last| *index < last);
        !found.contains(&event.id)
            && (had_trouble || is_overtaken || now.duration_since(event.at) >= WRITTEN)
    };
    let lost = told.iter().enumerate().filter(lost);
    lost.map(|(_, event)| event.id).collect()
}

/// Reads the ends of task runs, and events of assets, once more from the journal.
pub(super) struct Retelling<F> {
    journal: Option<F>,
    /// What was not found yet.
    lost: HashSet<Uuid>,
    repair: u32,
}

impl<F: Feed> Retelling<F> {
    /// Events that are in memory at a time.
    const MOST: usize = 300;

    /// `repair` is 0 for what was never told.
    pub(super) fn new(journal: &F, lost: HashSet<Uuid>, repair: u32) -> Self {
        Self {
            journal: journal.rewound(),
            lost,
            repair,
        }
    }

    /// The next events; none when all were found, or the journal can no longer be read.
    pub(super) async fn next(&mut self, context: &RunContext) -> Vec<Event> {
        let mut events = Vec::new();
        let Some(journal) = &mut self.journal else {
            return events;
        };
        while !self.lost.is_empty() && events.len() < Self::MOST {
            let Some(entry) = journal.next().await else {
                break;
            };
            let Entry::Effect(effect) = entry else {
                continue;
            };
            match *effect {
                Effect::NodeFinished(task, end) if self.lost.remove(&task.id) => {
                    events.push(translate::finished(context, &task, &end, self.repair));
                }
                Effect::Asset(event) if self.lost.remove(&event.id) => {
                    events.push(translate::asset(context, &event));
                }
                _ => {}
            }
        }
        events
    }
}

/// The pauses between questions: quick at first, since most runs are complete by then.
#[derive(Debug)]
pub(super) struct Pace {
    pause: Duration,
}

impl Pace {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_millis(500);

    pub(super) fn new() -> Self {
        Self { pause: Self::FIRST }
    }

    pub(super) async fn wait(&mut self) {
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 3 / 2).min(Self::LONGEST);
    }
}

/// Whether the server still gets on.
#[derive(Debug)]
pub(super) struct Progress {
    unseen: usize,
    since: Instant,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            unseen: 0,
            since: Instant::now(),
        }
    }

    /// How long the number of task runs that were not yet seen has been this.
    pub(super) fn stall(&mut self, unseen: usize) -> Duration {
        if unseen != self.unseen {
            self.unseen = unseen;
            self.since = Instant::now();
        }
        self.since.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_overtaken_is_lost() {
        let ids: Vec<_> = (0..6).map(Uuid::from_u128).collect();
        let set = |indices: &[usize]| indices.iter().map(|&index| ids[index]).collect();
        let lost = |missing: &[usize]| overtaken(&ids, &set(missing));
        assert_eq!(lost(&[1, 3, 5]), set(&[1, 3]));
        assert_eq!(lost(&[4, 5]), set(&[]));
        assert_eq!(lost(&[0, 1, 2, 3, 4, 5]), set(&[]));
        assert_eq!(lost(&[]), set(&[]));
    }

    #[test]
    fn an_event_is_told_again_when_its_time_is_over() {
        let now = Instant::now();
        let told: Vec<_> = (0..4)
            .map(|index| ToldAsset {
                id: Uuid::from_u128(index),
                at: now + WRITTEN * u32::try_from(index).expect("small"),
            })
            .collect();
        let set = |indices: &[usize]| indices.iter().map(|&index| told[index].id).collect();
        let again = |found: &[usize], had_trouble, after: u32| {
            unheard(&told, &set(found), had_trouble, now + WRITTEN * after)
        };
        assert_eq!(again(&[], false, 0), set(&[]));
        assert_eq!(again(&[], false, 2), set(&[0, 1]));
        assert_eq!(again(&[2], false, 0), set(&[0, 1]));
        assert_eq!(again(&[2], true, 0), set(&[0, 1, 3]));
        assert_eq!(again(&[0, 1, 2, 3], true, 9), set(&[]));
    }
}
