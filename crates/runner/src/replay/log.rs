//! A stored log of dbt's: which invocations it holds, and what there is to know of each before it is followed.

use std::io;
use std::path::Path;

use dbt_events::{CommandCompleted, Event, EventName, Level, Line, ReportArgs, decode};
use fs_err::File;
use jiff::Timestamp;
use uuid::Uuid;

use super::error::ReplayError;
use crate::dbt::pump;

/// An invocation of dbt's in a stored log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LoggedRun {
    /// dbt's id of it.
    pub(super) invocation_id: String,
    /// dbt's arguments, as far as the log tells them.
    pub(super) args: Vec<String>,
    /// When it began.
    pub(super) began: Timestamp,
    /// What dbt said of its end.
    pub(super) success: Option<bool>,
    has_nodes: bool,
    has_ends: bool,
    has_details: bool,
}

impl LoggedRun {
    fn new(event: &Event<'_>) -> Self {
        Self {
            invocation_id: event.invocation_id().to_owned(),
            args: Vec::new(),
            began: event.ts(),
            success: None,
            has_nodes: false,
            has_ends: false,
            has_details: false,
        }
    }

    fn see(&mut self, event: &Event<'_>) {
        self.has_details |= event.level() == Level::Debug;
        self.has_nodes |= event.node_info().is_some();
        match event.name() {
            EventName::NodeFinished => self.has_ends = true,
            EventName::MainReportArgs => {
                let told = event.data::<ReportArgs<'_>>().unwrap_or_default();
                if let Some(command) = told.args.get("invocation_command") {
                    self.args = words(&command.to_string());
                }
            }
            EventName::CommandCompleted => {
                let told = event.data::<CommandCompleted<'_>>().unwrap_or_default();
                self.success = told.success;
                if self.args.is_empty() {
                    self.args = words(&told.command);
                }
            }
            _ => {}
        }
    }

    /// Whether the log says enough of it: how nodes ended, and that the command did, dbt says at debug level.
    pub(super) fn is_detailed(&self) -> bool {
        match self.has_nodes {
            true => self.has_ends || self.has_details,
            false => self.success.is_some() || self.has_details,
        }
    }

    /// Identity of the run: the same whenever the log is delivered.
    pub(super) fn run_id(&self) -> Uuid {
        let name = format!("dbt invocation {}", self.invocation_id);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
    }
}

/// The words of a command line after the program's name; dbt tells it without quotes.
fn words(command: &str) -> Vec<String> {
    let words = command.split_whitespace().skip(1);
    words.map(str::to_owned).collect()
}

/// The invocations in a log, in the order of their first events.
///
/// # Errors
/// When the file cannot be read, or holds no event of dbt's.
pub(super) fn scan(path: &Path) -> Result<Vec<LoggedRun>, ReplayError> {
    let mut runs: Vec<LoggedRun> = Vec::new();
    let mut first_text = None;
    let mut lines = 0;
    let file = File::open(path).map_err(ReplayError::Unreadable)?;
    pump(file, |line| {
        lines += 1;
        match decode(&line.text) {
            Line::Event(event) => {
                let known = runs
                    .iter()
                    .rposition(|run| run.invocation_id == event.invocation_id());
                let at = known.unwrap_or_else(|| {
                    runs.push(LoggedRun::new(&event));
                    runs.len() - 1
                });
                runs[at].see(&event);
            }
            Line::Text(text) if !text.trim().is_empty() && first_text.is_none() => {
                first_text = Some((lines, problem(text)));
            }
            Line::Text(_) => {}
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

/// What a line is that is no event.
fn problem(line: &str) -> String {
    let line = line.trim_start();
    let is_timed = line.len() > 8 && line.as_bytes()[2] == b':' && line.as_bytes()[5] == b':';
    match line {
        _ if is_timed || line.starts_with("=====") => "this is a log of dbt's as text".to_owned(),
        _ if line.starts_with(r#"{"header":"#) => "this header of a journal is damaged".to_owned(),
        _ => "this is neither the header of a journal nor an event of dbt's".to_owned(),
    }
}

/// Something that belongs to an invocation.
pub(super) enum Logged<'a> {
    /// An event of it.
    Event(&'a Event<'a>),
    /// A plain line that follows one, with the time of that.
    Text(&'a str, Timestamp),
}

/// Hands out what belongs to an invocation.
pub(super) fn follow(
    path: &Path,
    run: &LoggedRun,
    mut on: impl FnMut(Logged<'_>),
) -> io::Result<()> {
    let mut last: Option<Timestamp> = None;
    pump(File::open(path)?, |line| match decode(&line.text) {
        Line::Event(event) if event.invocation_id() == run.invocation_id => {
            last = Some(event.ts());
            on(Logged::Event(&event));
        }
        Line::Event(_) => last = None,
        // A line that was cut off when dbt, or the machine, died.
        Line::Text(text) if text.starts_with('{') => {}
        Line::Text(text) => {
            if let Some(at) = last {
                on(Logged::Text(text, at));
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests;
