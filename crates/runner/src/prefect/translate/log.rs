//! Log lines.

use jiff::{SignedDuration, Timestamp};
use prefect_client::Log;
use uuid::Uuid;

use super::task_run_events::to_microseconds;
use crate::model::LogLine;

/// The end of a truncated log, as in Prefect.
const CUT: &str = "... [truncated]";
/// Upper limit of the bytes of a log's JSON besides its message.
const FRAME: usize = 300;

/// Translates log lines to logs of Prefect, one after another.
///
/// Prefect sorts logs by their time, and the order of equal times is random. A line with the time of the line before it is
/// therefore sent one microsecond later, so that no two logs of a flow run have the same time.
#[derive(Debug)]
pub(crate) struct LogTranslator {
    flow_run_id: Option<Uuid>,
    max_bytes: usize,
    /// The time of the last line: as dbt gave it, and as it was sent.
    last: Option<(Timestamp, Timestamp)>,
}

impl LogTranslator {
    pub(crate) fn new(flow_run_id: Option<Uuid>, max_bytes: usize) -> Self {
        Self {
            flow_run_id,
            max_bytes,
            last: None,
        }
    }

    /// The line as a log; `None` for a line that belongs to neither a task run nor a flow run.
    pub(crate) fn translate(&mut self, line: &LogLine) -> Option<Log> {
        if line.task.is_none() && self.flow_run_id.is_none() {
            return None;
        }
        let (name, task_run_id) = match &line.task {
            Some(task) => ("prefect.task_runs", Some(task.id)),
            None => ("prefect.flow_runs", None),
        };
        let message = shortened(&line.message, self.max_bytes);
        let at = self.time_for(to_microseconds(line.at));
        let log = Log::new(name, line.level.number(), message, at);
        Some(log.of_run(self.flow_run_id, task_run_id))
    }

    /// Lines out of order keep their times. Only a time among those that were just sent is changed.
    fn time_for(&mut self, given: Timestamp) -> Timestamp {
        let sent = match self.last {
            Some((first, last)) if (first..=last).contains(&given) => {
                let next = last
                    .saturating_add(SignedDuration::from_micros(1))
                    .unwrap_or(last);
                self.last = Some((first, next));
                return next;
            }
            _ => given,
        };
        self.last = Some((given, sent));
        sent
    }
}

/// The message without NUL characters, which the server removes, and truncated so that the JSON of the log has at most
/// `max_bytes`.
fn shortened(message: &str, max_bytes: usize) -> String {
    let message = message.replace('\0', "");
    let room = max_bytes.saturating_sub(FRAME);
    if json_length(&message) <= room {
        return message;
    }
    let room = room.saturating_sub(CUT.len());
    let mut used = 0;
    let end = message
        .char_indices()
        .find(|(_, c)| {
            used += json_width(*c);
            used > room
        })
        .map_or(message.len(), |(at, _)| at);
    format!("{}{CUT}", &message[..end])
}

fn json_length(text: &str) -> usize {
    text.chars().map(json_width).sum()
}

/// Bytes of a character in JSON.
fn json_width(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '\0'..='\u{1f}' => 6,
        c => c.len_utf8(),
    }
}
