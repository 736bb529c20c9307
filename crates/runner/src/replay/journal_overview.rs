//! Reads a journal once before it is delivered.

use jiff::Timestamp;

use super::close_killed::KilledRun;
use crate::model::{Effect, State};
use crate::store::{Entry, Header, JournalReader};

/// What is known of a journal before it is delivered.
#[derive(Debug)]
pub(super) struct JournalOverview {
    /// The state that the run ended in; `None` when its process was killed.
    pub(super) end: Option<State>,
    /// Whether the journal has nothing but the end of the run: dbt was not started.
    pub(super) is_unstarted: bool,
    /// The time of the newest entry.
    pub(super) last: Timestamp,
}

impl JournalOverview {
    /// Reads the journal with this header to its end, if it can be read.
    pub(super) fn of(journal: Option<JournalReader>, header: &Header) -> Self {
        let mut killed = KilledRun::default();
        let (mut end, mut effects) = (None, 0);
        let mut journal = journal;
        while let Some(entry) = journal.as_mut().and_then(JournalReader::try_next) {
            killed.add(&entry);
            let Entry::Effect(effect) = entry else {
                continue;
            };
            effects += 1;
            if let Effect::RunFinished(finished) = *effect {
                end = Some(finished.state);
            }
        }
        Self {
            is_unstarted: effects == 1 && end.is_some(),
            end,
            last: killed.last().unwrap_or(header.created),
        }
    }
}
