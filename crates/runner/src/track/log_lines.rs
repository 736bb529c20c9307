//! Log lines: which are kept, and at what time, so that Prefect shows them in order.

use std::collections::HashMap;

use dbt_events::strip_ansi;
use jiff::{SignedDuration, Timestamp};

use super::lineage::NodeIndex;
use crate::model::{Level, LogLevel, LogLine, TaskRef};

/// Makes the log lines of a run.
#[derive(Debug)]
pub(super) struct LogLines {
    lowest: LogLevel,
    /// The last line of each task run (`None`: of the flow run): its time as dbt wrote it, and as it was moved.
    last: HashMap<Option<NodeIndex>, (Timestamp, Timestamp)>,
}

impl LogLines {
    pub(super) fn new(lowest: LogLevel) -> Self {
        Self {
            lowest,
            last: HashMap::new(),
        }
    }

    /// Whether lines of that level are kept.
    pub(super) fn includes(&self, level: Level) -> bool {
        self.lowest.includes(level)
    }

    /// The line, unless its level is too low or its text empty. `owner` is the node that `task` belongs to.
    pub(super) fn line(
        &mut self,
        at: Timestamp,
        level: Level,
        text: &str,
        owner: Option<NodeIndex>,
        task: Option<TaskRef>,
    ) -> Option<LogLine> {
        if !self.includes(level) {
            return None;
        }
        let message = strip_ansi(text);
        if message.trim().is_empty() {
            return None;
        }
        let at = self.in_order(at, owner);
        Some(LogLine::new(at, level, message.into_owned(), task))
    }

    /// A time after that of all lines of `owner` so far, for its closing line.
    pub(super) fn after_all(&self, at: Timestamp, owner: NodeIndex) -> Timestamp {
        self.last
            .get(&Some(owner))
            .map_or(at, |&(_, last)| at.max(next(last)))
    }

    /// Prefect sorts lines by time alone, so a line at the same time as the one before is moved by a microsecond.
    fn in_order(&mut self, at: Timestamp, owner: Option<NodeIndex>) -> Timestamp {
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
