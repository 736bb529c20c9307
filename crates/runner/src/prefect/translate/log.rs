//! Log lines.

use jiff::{SignedDuration, Timestamp};
use prefect_client::Log;
use uuid::Uuid;

use super::task_run::to_microseconds;
use crate::model::LogLine;

/// What the end of a log that was cut says, as in Prefect.
const CUT: &str = "... [truncated]";
/// Bytes of a log's JSON besides its message, generously.
const FRAME: usize = 300;

/// Turns log lines into Prefect's, one after another.
///
/// Prefect shows logs by their time and leaves the order of equal times to chance, so a line that would share the time
/// of the one before it is put a microsecond later. The times of one flow run are therefore all different.
#[derive(Debug)]
pub(crate) struct LogTranslator {
    flow_run_id: Option<Uuid>,
    max_bytes: usize,
    /// The time of the last line as dbt gave it, and as it was sent.
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

    /// The line as Prefect takes it; `None` for one of neither a task run nor a flow run.
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

    /// Lines out of order keep their times; only a collision with the run of equal times before it is resolved.
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

/// The message without what the server would remove, cut so that the JSON of the log has at most `max_bytes`.
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
