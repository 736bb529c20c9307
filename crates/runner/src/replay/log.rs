//! Reads a stored log of dbt: the invocations in it, and their events; or dbt 2's telemetry, and its records.

use std::io;
use std::path::Path;

use dbt_events::otel::{Invocation, Record, RecordKind, RecordName};
use dbt_events::{CommandCompleted, Event, EventName, Level, Line, ReportArgs, decode};
use fs_err::File;
use jiff::Timestamp;
use uuid::Uuid;

use super::error::ReplayError;
use crate::dbt::pump;

/// An invocation of dbt in a stored log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LoggedRun {
    /// Its id.
    pub(super) invocation_id: String,
    /// The arguments of dbt; empty if the log does not have them.
    pub(super) args: Vec<String>,
    /// When it started.
    pub(super) started: Timestamp,
    /// Whether dbt reported success; `None` if the log does not have the end.
    pub(super) success: Option<bool>,
    has_nodes: bool,
    has_ends: bool,
    has_details: bool,
}

impl LoggedRun {
    fn new(invocation_id: String, started: Timestamp) -> Self {
        Self {
            invocation_id,
            args: Vec::new(),
            started,
            success: None,
            has_nodes: false,
            has_ends: false,
            has_details: false,
        }
    }

    fn add(&mut self, event: &Event<'_>) {
        self.has_details |= event.level() == Level::Debug;
        self.has_nodes |= event.node_info().is_some();
        match event.name() {
            EventName::NodeFinished => self.has_ends = true,
            EventName::MainReportArgs => {
                let data = event.data::<ReportArgs<'_>>().unwrap_or_default();
                if let Some(command) = data.args.get("invocation_command") {
                    self.args = words(&command.to_string());
                }
            }
            EventName::CommandCompleted => {
                let data = event.data::<CommandCompleted<'_>>().unwrap_or_default();
                self.success = data.success;
                if self.args.is_empty() {
                    self.args = words(&data.command);
                }
            }
            _ => {}
        }
    }

    fn add_record(&mut self, record: &Record<'_>) {
        let is_end = record.kind() == RecordKind::SpanEnd;
        self.has_details |= record.kind() != RecordKind::LogRecord;
        match record.name() {
            RecordName::NodeProcessed => {
                self.has_nodes = true;
                self.has_ends |= is_end;
            }
            RecordName::Invocation => {
                let run: Invocation<'_> = record.attributes().unwrap_or_default();
                if self.args.is_empty() {
                    self.args = words(&run.raw_command);
                }
                if is_end {
                    self.success = Some(run.is_success(record));
                }
            }
            _ => {}
        }
    }

    /// Whether the log has the ends of the nodes and of the command. dbt logs them at debug level.
    pub(super) fn is_detailed(&self) -> bool {
        match self.has_nodes {
            true => self.has_ends || self.has_details,
            false => self.success.is_some() || self.has_details,
        }
    }

    /// Id of the run: the same in every delivery of the log.
    pub(super) fn run_id(&self) -> Uuid {
        let name = format!("dbt invocation {}", self.invocation_id);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
    }
}

/// The words of a command line after the name of the program. dbt logs it without quotes.
fn words(command: &str) -> Vec<String> {
    let words = command.split_whitespace().skip(1);
    words.map(str::to_owned).collect()
}

/// The invocations in a log, in the order of their first events.
///
/// # Errors
/// When the file cannot be read, or has no event of dbt.
pub(super) fn scan(path: &Path) -> Result<Vec<LoggedRun>, ReplayError> {
    let mut runs: Vec<LoggedRun> = Vec::new();
    let mut first_text = None;
    let mut lines = 0;
    let file = File::open(path).map_err(ReplayError::Unreadable)?;
    pump(file, |line| {
        lines += 1;
        match Stored::read(&line.text) {
            Stored::Event(event) => {
                let id = || event.invocation_id().to_owned();
                let is_same = |run: &LoggedRun| run.invocation_id == event.invocation_id();
                run_of(&mut runs, is_same, id, event.ts()).add(&event);
            }
            Stored::Record(record) => {
                let id = || record.invocation_id().unwrap_or_default();
                let is_same = |run: &LoggedRun| record.is_of(&run.invocation_id);
                run_of(&mut runs, is_same, id, record.time()).add_record(&record);
            }
            Stored::Text(text) if !text.trim().is_empty() && first_text.is_none() => {
                first_text = Some((lines, problem(text)));
            }
            Stored::Text(_) => {}
        }
    });
    if !runs.is_empty() {
        return Ok(runs);
    }
    let (line, problem) = first_text.unwrap_or((1, "the file is empty".to_owned()));
    Err(ReplayError::NotARecord {
        path: path.to_path_buf(),
        line,
        problem,
    })
}

/// The run of a line, which is added if it is new.
fn run_of(
    runs: &mut Vec<LoggedRun>,
    is_same: impl Fn(&LoggedRun) -> bool,
    id: impl FnOnce() -> String,
    at: Timestamp,
) -> &mut LoggedRun {
    let known = runs.iter().rposition(is_same);
    let at = known.unwrap_or_else(|| {
        runs.push(LoggedRun::new(id(), at));
        runs.len() - 1
    });
    &mut runs[at]
}

/// A line of a stored log.
enum Stored<'a> {
    Event(Event<'a>),
    Record(Record<'a>),
    Text(&'a str),
}

impl<'a> Stored<'a> {
    fn read(line: &'a str) -> Self {
        match decode(line) {
            Line::Event(event) => Self::Event(event),
            Line::Text(text) => Record::decode(text).map_or(Self::Text(text), Self::Record),
        }
    }
}

/// What a line is that is not an event.
fn problem(line: &str) -> String {
    let line = line.trim_start();
    let is_timed = line.len() > 8 && line.as_bytes()[2] == b':' && line.as_bytes()[5] == b':';
    match line {
        _ if is_timed || line.starts_with("=====") => "this is a dbt log in text format".to_owned(),
        _ if line.starts_with(r#"{"header":"#) => "the header of the journal is damaged".to_owned(),
        _ => "this is neither the header of a journal nor an event of dbt".to_owned(),
    }
}

/// A line of an invocation.
pub(super) enum Logged<'a> {
    /// An event.
    Event(&'a Event<'a>),
    /// A record of dbt 2's telemetry.
    Record(&'a Record<'a>),
    /// A line of text after an event, with the time of the event.
    Text(&'a str, Timestamp),
}

/// Calls `on` for each line of an invocation.
pub(super) fn follow(
    path: &Path,
    run: &LoggedRun,
    mut on: impl FnMut(Logged<'_>),
) -> io::Result<()> {
    let mut last: Option<Timestamp> = None;
    pump(File::open(path)?, |line| match Stored::read(&line.text) {
        Stored::Event(event) if event.invocation_id() == run.invocation_id => {
            last = Some(event.ts());
            on(Logged::Event(&event));
        }
        Stored::Record(record) if record.is_of(&run.invocation_id) => {
            on(Logged::Record(&record));
        }
        Stored::Event(_) | Stored::Record(_) => last = None,
        // An event that is incomplete because dbt or the machine crashed.
        Stored::Text(text) if text.starts_with('{') => {}
        Stored::Text(text) => {
            if let Some(at) = last {
                on(Logged::Text(text, at));
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests;
