//! Events that are sent again, or late: read once more from the journal.

use std::collections::HashSet;

use prefect_client::Event;
use uuid::Uuid;

use crate::model::Effect;
use crate::prefect::flow_run::RunContext;
use crate::prefect::translate;
use crate::store::{Entry, Feed};

/// Reads ends of task runs, and events of assets, once more from the journal.
pub(super) struct Resend<F> {
    journal: Option<F>,
    /// Ids that were not found yet.
    wanted: HashSet<Uuid>,
    repair: u32,
}

impl<F: Feed> Resend<F> {
    /// Events that are in memory at a time.
    const MOST: usize = 300;

    /// `repair` is the number of the repetition; 0 for events that were never sent.
    pub(super) fn new(journal: &F, wanted: HashSet<Uuid>, repair: u32) -> Self {
        Self {
            journal: journal.rewound(),
            wanted,
            repair,
        }
    }

    /// The next events; none when all were found, or the journal cannot be read any more.
    pub(super) async fn next(&mut self, context: &RunContext) -> Vec<Event> {
        let mut events = Vec::new();
        let Some(journal) = &mut self.journal else {
            return events;
        };
        while !self.wanted.is_empty() && events.len() < Self::MOST {
            let Some(entry) = journal.next().await else {
                break;
            };
            let Entry::Effect(effect) = entry else {
                continue;
            };
            match *effect {
                Effect::NodeFinished(task, end) if self.wanted.remove(&task.id) => {
                    events.push(translate::finished(context, &task, &end, self.repair));
                }
                Effect::Asset(event) if self.wanted.remove(&event.id) => {
                    events.push(translate::asset(context, &event));
                }
                _ => {}
            }
        }
        events
    }
}
