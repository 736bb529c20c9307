//! Log lines: which are kept, and in what order they will be seen.

use std::collections::HashMap;

use dbt_events::strip_ansi;
use jiff::{SignedDuration, Timestamp};

use super::lineage::Ix;
use crate::model::{Level, LogLevel, LogLine, TaskRef};

/// Makes log lines.
#[derive(Debug)]
pub(super) struct Logs {
    lowest: LogLevel,
    /// By task run (`None`: the flow run): the time of the last line as written, and as moved.
    last: HashMap<Option<Ix>, (Timestamp, Timestamp)>,
}

impl Logs {
    pub(super) fn new(lowest: LogLevel) -> Self {
        Self {
            lowest,
            last: HashMap::new(),
        }
    }

    /// Whether lines of that level are kept.
    pub(super) fn keeps(&self, level: Level) -> bool {
        self.lowest.includes(level)
    }

    /// A line, if its level and text are worth one. `owner` is the node that `task` belongs to.
    pub(super) fn line(
        &mut self,
        at: Timestamp,
        level: Level,
        text: &str,
        owner: Option<Ix>,
        task: impl FnOnce() -> Option<TaskRef>,
    ) -> Option<LogLine> {
        if !self.keeps(level) {
            return None;
        }
        let message = strip_ansi(text);
        if message.trim().is_empty() {
            return None;
        }
        let at = self.in_order(at, owner);
        Some(LogLine {
            at,
            level,
            message: message.into_owned(),
            task: task(),
        })
    }

    /// A time after that of all lines of its owner so far, for the line that closes it.
    pub(super) fn after_all(&self, at: Timestamp, owner: Ix) -> Timestamp {
        self.last
            .get(&Some(owner))
            .map_or(at, |&(_, last)| at.max(next(last)))
    }

    /// Prefect orders lines by time alone: equal times are moved apart by a microsecond each.
    fn in_order(&mut self, at: Timestamp, owner: Option<Ix>) -> Timestamp {
        let moved = match self.last.get(&owner) {
            Some(&(written, moved)) if written <= at && at <= moved => next(moved),
            _ => at,
        };
        self.last.insert(owner, (at, moved));
        moved
    }
}

/// The next microsecond.
fn next(at: Timestamp) -> Timestamp {
    at.checked_add(SignedDuration::from_micros(1)).unwrap_or(at)
}
