//! The lines of a journal that are not in its file yet, and the thread that writes them.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

/// How many lines are written at once.
const LINES_AT_ONCE: usize = 1000;

/// The lines of a journal that are in memory: until they are in the file, or for good if they cannot be written.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    lines: Mutex<Lines>,
    /// Notified when there are lines to be written, when the journal closes, and when its thread ends.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Lines {
    /// The lines, each with its place: the number of bytes before it.
    lines: VecDeque<(u64, Arc<str>)>,
    /// Where the next line begins.
    end: u64,
    is_writing: bool,
    is_closing: bool,
    /// Why the file cannot be written.
    problem: Option<String>,
}

impl Unwritten {
    /// The lines after this many bytes of a file.
    pub(super) fn after(file_len: u64) -> Arc<Self> {
        let lines = Lines {
            end: file_len,
            ..Lines::default()
        };
        Arc::new(Self {
            lines: Mutex::new(lines),
            changed: Condvar::new(),
        })
    }

    /// Adds lines, which end with a line feed. Returns the length of the journal.
    pub(super) fn push(&self, lines: impl IntoIterator<Item = Arc<str>>) -> u64 {
        let mut held = self.lock();
        for line in lines {
            let at = held.end;
            held.end += line.len() as u64;
            held.lines.push_back((at, line));
        }
        self.changed.notify_all();
        held.end
    }

    /// The line at this place; `None` if it is in the file.
    pub(super) fn at(&self, place: u64) -> Option<Arc<str>> {
        let lines = &self.lock().lines;
        let found = lines.binary_search_by_key(&place, |(at, _)| *at).ok()?;
        Some(Arc::clone(&lines[found].1))
    }

    /// Why the file cannot be written; `None` if it can.
    pub(super) fn problem(&self) -> Option<String> {
        self.lock().problem.clone()
    }

    /// Says why the file cannot be written. The lines stay in memory.
    pub(super) fn fail(&self, problem: &Error) {
        self.lock().problem = Some(problem.to_string());
    }

    /// Writes the lines to `file` on a thread of its own, now and later, until it is to close.
    pub(super) fn write_to(self: &Arc<Self>, mut file: Box<dyn Write + Send>) {
        let mut held = self.lock();
        (held.is_writing, held.is_closing) = (true, false);
        drop(held);
        let unwritten = Arc::clone(self);
        let thread = Builder::new().name("journal".to_owned()).spawn(move || {
            let written = unwritten.write_all(&mut *file);
            // With it goes the lock of the journal.
            drop(file);
            unwritten.ended(written);
        });
        if let Err(error) = thread {
            self.ended(Err(error));
        }
    }

    fn write_all(&self, file: &mut dyn Write) -> std::io::Result<()> {
        while let Some((lines, text)) = self.next() {
            file.write_all(text.as_bytes())?;
            self.lock().lines.drain(..lines);
        }
        Ok(())
    }

    /// Waits for lines: their number and their text. `None` when all are written and the journal closes.
    fn next(&self) -> Option<(usize, String)> {
        let is_idle = |held: &mut Lines| held.lines.is_empty() && !held.is_closing;
        let held = self.changed.wait_while(self.lock(), is_idle);
        let held = held.unwrap_or_else(PoisonError::into_inner);
        let lines = held.lines.iter().map(|(_, line)| &**line);
        let texts: Vec<&str> = lines.take(LINES_AT_ONCE).collect();
        (!texts.is_empty()).then(|| (texts.len(), texts.concat()))
    }

    fn ended(&self, written: std::io::Result<()>) {
        let mut held = self.lock();
        held.is_writing = false;
        if let Err(error) = written {
            held.problem = Some(error.to_string());
        }
        self.changed.notify_all();
    }

    /// Has the thread end once it has written all lines, and waits for that. A file that does not take them in time counts as
    /// one that cannot be written.
    pub(super) fn close(&self, limit: Duration) {
        let mut held = self.lock();
        held.is_closing = true;
        self.changed.notify_all();
        let waited = self
            .changed
            .wait_timeout_while(held, limit, |held| held.is_writing);
        let (mut held, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if held.is_writing {
            let problem = Error::new(ErrorKind::TimedOut, "the disk does not answer");
            held.problem.get_or_insert(problem.to_string());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        // Only complete lines are pushed: a panic elsewhere leaves a valid list.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
